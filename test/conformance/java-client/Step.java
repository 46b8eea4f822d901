/** Something that the library is asked to do, and what must come of it. */
final class Step {
    interface Work {
        void run() throws Exception;
    }

    final String name;
    final Work work;

    Step(String name, Work work) {
        this.name = name;
        this.work = work;
    }
}

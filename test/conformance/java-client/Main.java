import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * The Java client cloudfoundry-client-reactor with its operations, against the platform that the environment names.
 *
 * <p>Prints one JSON line a step: {"name": …, "error": null or text}. A step that fails does not stop the next ones.
 */
final class Main {
    public static void main(String[] arguments) {
        List<Step> steps = new ArrayList<>();
        World world = new World();
        steps.addAll(SignIn.steps(world));
        steps.addAll(Tenancy.steps(world));
        steps.addAll(Networking.steps(world));
        steps.addAll(Apps.steps(world));
        steps.addAll(Operations.steps(world));
        steps.addAll(Services.steps(world));
        steps.addAll(Removing.steps(world));
        for (Step step : steps) {
            String error = attempt(step);
            System.out.println("{\"name\": " + quoted(step.name) + ", \"error\": " + (error == null ? "null" : quoted(error)) + "}");
        }
        System.exit(0); // threads of the library would wait for more
    }

    /** What went wrong, or null. */
    private static String attempt(Step step) {
        try {
            step.work.run();
            return null;
        } catch (Throwable failure) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            StringBuilder places = new StringBuilder(failure.toString());
            for (String line : trace.toString().split("\n")) {
                if (line.contains(".java:") && !line.contains("/") && !line.contains("Main.java")
                        && !line.contains("org.cloudfoundry") && !line.contains("reactor.")) places.append("\n").append(line.strip());
            }
            return places.toString();
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}

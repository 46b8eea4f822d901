import type { Random } from "../../../../kit/random.ts";

const MANNERS = [
  "brave",
  "calm",
  "eager",
  "fancy",
  "gentle",
  "happy",
  "jolly",
  "kind",
  "lively",
  "mighty",
  "noble",
  "proud",
  "quick",
  "silly",
  "tidy",
  "wise",
];
const ANIMALS = [
  "badger",
  "beaver",
  "crane",
  "dingo",
  "eagle",
  "ferret",
  "gecko",
  "heron",
  "ibex",
  "koala",
  "lemur",
  "marmot",
  "otter",
  "puffin",
  "raven",
  "wombat",
];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** `hello-brave-otter-xy`. CC: lib/random_route_generator */
export function randomHost(appName: string, random: Random): string {
  const letter = (): string => LETTERS[random.below(LETTERS.length)]!;
  const manner = MANNERS[random.below(MANNERS.length)];
  const animal = ANIMALS[random.below(ANIMALS.length)];
  return `${appName}-${manner}-${animal}-${letter()}${letter()}`;
}

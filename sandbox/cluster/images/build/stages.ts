/** The stages of a Dockerfile: which instructions belong to each, and which stages a target needs. */
import { BuildError } from '../../../os/container-engine.ts';
import { expandWord, splitWords, WordError, type Variables } from './build-words.ts';
import { parseError, type Dockerfile, type Instruction } from './dockerfile.ts';

export interface Stage {
  index: number;
  /** `AS name`, lower case. */
  name: string | undefined;
  /** What FROM names, variables expanded: an image, an earlier stage, `scratch`. */
  base: string;
  from: Instruction;
  instructions: Instruction[];
}

export interface Stages {
  stages: Stage[];
  /** ARGs before the first FROM. */
  globals: Variables;
  escape: string;
}

/** Instructions that change files, and so are steps that are counted. */
const STEPS = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

export const isStep = ({ keyword }: Instruction): boolean => STEPS.has(keyword);

/** Throws `BuildError`. */
export function stagesOf(
  { instructions, escape }: Dockerfile,
  buildArguments: Readonly<Record<string, string>>,
): Stages {
  const globals = new Map<string, string>(Object.entries(PLATFORM));
  const stages: Stage[] = [];
  for (const instruction of instructions) {
    const { keyword, lines } = instruction;
    if (keyword === 'FROM') stages.push(stageOf(instruction, stages.length, globals, escape));
    else if (stages.length > 0) stages.at(-1)!.instructions.push(instruction);
    else if (keyword === 'ARG') declare(instruction, globals, buildArguments, escape);
    else throw parseError(lines, 'no build stage in current context');
  }
  if (stages.length === 0) throw new BuildError('no build stage in current context');
  return { stages, globals, escape };
}

/** What BuildKit tells of the platform: one here. */
const PLATFORM = {
  BUILDARCH: 'amd64',
  BUILDOS: 'linux',
  BUILDPLATFORM: 'linux/amd64',
  TARGETARCH: 'amd64',
  TARGETOS: 'linux',
  TARGETPLATFORM: 'linux/amd64',
};

function declare(
  instruction: Instruction,
  variables: Map<string, string>,
  buildArguments: Readonly<Record<string, string>>,
  escape: string,
): void {
  for (const word of wordsOf(instruction, escape)) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const value =
      buildArguments[name] ??
      (equals < 0 ? undefined : expand(word.slice(equals + 1), instruction, variables, escape));
    if (value !== undefined) variables.set(name, value);
  }
}

function stageOf(from: Instruction, index: number, globals: Variables, escape: string): Stage {
  const words = wordsOf(from, escape);
  if (words.length !== 1 && !(words.length === 3 && words[1]!.toLowerCase() === 'as'))
    throw parseError(from.lines, 'FROM requires either one or three arguments');
  const base = expand(words[0]!, from, globals, escape);
  if (base === '') throw new BuildError(`base name (${words[0]}) should not be blank`, from.lines);
  const name = words[2]?.toLowerCase();
  if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(name))
    throw parseError(
      from.lines,
      `invalid name for build stage: ${JSON.stringify(words[2])}, name can't start with a number or contain symbols`,
    );
  return { index, name, base, from, instructions: [] };
}

/** The stage that a name or number stands for, before `before`. */
export function findStage({ stages }: Stages, name: string, before: number): Stage | undefined {
  const lower = name.toLowerCase();
  const named = stages.slice(0, before).findLast((stage) => stage.name === lower);
  return named ?? (/^\d+$/.test(name) && Number(name) < before ? stages[Number(name)] : undefined);
}

/** The target and all the stages that it is made from, in order. Throws `BuildError`. */
export function neededStages(all: Stages, target: string | undefined): Stage[] {
  const { stages, globals, escape } = all;
  const last = target === undefined ? stages.at(-1) : findStage(all, target, stages.length);
  if (!last) throw new BuildError(`target stage ${JSON.stringify(target)} could not be found`);
  const needed = new Set<Stage>();
  const need = (stage: Stage) => {
    if (needed.has(stage)) return;
    needed.add(stage);
    const base = findStage(all, stage.base, stage.index);
    if (base) need(base);
    for (const instruction of stage.instructions) {
      const from = instruction.flags.get('from');
      const source = from && findStage(all, expand(from, instruction, globals, escape), stage.index);
      if (source) need(source);
    }
  };
  need(last);
  return stages.filter((stage) => needed.has(stage));
}

export const wordsOf = ({ rest }: Instruction, escape: string): string[] => splitWords(rest, escape);

/** A word with its variables expanded, its instruction's place in what goes wrong. Throws `BuildError`. */
export function expand(word: string, { lines }: Instruction, variables: Variables, escape: string): string {
  try {
    return expandWord(word, variables, escape);
  } catch (error) {
    if (error instanceof WordError) throw new BuildError(error.message, lines);
    throw error;
  }
}

import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

/** One instruction as a build performs it. */
export type Step =
  | { readonly kind: 'copy'; readonly from: string | null; readonly sources: readonly string[]; readonly to: string }
  | { readonly kind: 'run'; readonly script: string }
  | { readonly kind: 'set'; readonly keyword: string; readonly text: string };

export interface Stage {
  readonly name: string | null;
  /** An image, or the name of an earlier stage. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** The Dockerfile as stages of steps. */
export function readDockerfile(text: string): readonly Stage[] {
  const stages: { name: string | null; base: string; steps: Step[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      stages.push({ name: from.getBuildStage(), base: from.getImage() ?? '', steps: [] });
    } else stages.at(-1)?.steps.push(readStep(instruction));
  }
  return stages;
}

function readStep(instruction: Instruction): Step {
  const keyword = instruction.getKeyword();
  const text = instruction.getArgumentsContent() ?? '';
  if (keyword === 'RUN') return { kind: 'run', script: text };
  if (keyword !== 'COPY') return { kind: 'set', keyword, text };
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const from = (instruction as Copy).getFromFlag()?.getValue() ?? null;
  return { kind: 'copy', from, sources: words.slice(0, -1), to: words.at(-1) ?? '' };
}

/** `["node", "x.mjs"]`, after whatever options stand before it. */
export function commandOf(stage: Stage, keyword: string): readonly string[] {
  const text = settingsOf(stage, keyword).at(-1) ?? '[]';
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** What all instructions of this keyword say, in their order. */
export function settingsOf(stage: Stage, keyword: string): readonly string[] {
  return stage.steps.flatMap((step) => (step.kind === 'set' && step.keyword === keyword ? [step.text] : []));
}

/** The variables that ENV gives to whatever runs in the image. */
export function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const pairs = settingsOf(stage, 'ENV').flatMap((text) => [...text.matchAll(/(\w+)=("[^"]*"|\S+)/g)]);
  return Object.fromEntries(pairs.map(([, name, value]) => [name ?? '', (value ?? '').replace(/^"|"$/g, '')]));
}

import type { Json } from '../json.js';
import { addCompensations, addOnFailure } from './compile-aftermath.js';
import { compileCondition, compileTemplate } from './compile-expression.js';
import { compileForEach } from './compile-for-each.js';
import { compileConcurrency } from './compile-limits.js';
import { compileRepeat } from './compile-repeat.js';
import { compileTotal, readRetry } from './compile-retry.js';
import { compileTriggers } from './compile-trigger.js';
import { compileWork, type Defaults } from './compile-work.js';
import { expectMap, expectText, isJsonMap, type JsonMap, readDurationMs, UnacceptedDocument } from './read-json.js';
import type { Group, Level, Node, RunWhen, Work, Workflow } from './workflow.js';

/**
 * An accepted document, ready to decide with. Nodes are numbered in the document's order, depth first: the same document gives the
 * same numbers in every process. Throws UnacceptedDocument (or ExpressionError) for one that parseDocument would refuse.
 */
export function compileWorkflow(document: Json): Workflow {
  const map = expectMap(document, 'the document');
  const nodes: Node[] = [];
  const defaults = readDefaults(map['defaults']);
  const compiler = new GroupCompiler(nodes, defaults);
  const failFast = map['failFast'] !== false;
  const root = compiler.compile(map['tasks'], map['output'], null, failFast);
  const tasks = map['onFailure'];
  const onFailure =
    tasks === undefined
      ? null
      : addOnFailure(nodes, root.members.length, (parent) => compiler.compile(tasks, undefined, parent, failFast));
  addCompensations(nodes, compiler.undone, defaults);
  const { version, timeout } = map;
  const name = expectText(map['workflow'], '`workflow`');
  return {
    name,
    version: version === undefined ? null : expectText(version, '`version`'),
    inputSchema: map['input'] ?? null,
    triggers: Array.isArray(map['on']) ? compileTriggers(map['on'], name, defaults) : [],
    timeoutMs: timeout === undefined ? null : readDurationMs(timeout),
    nodes,
    root,
    onFailure,
    concurrency: compileConcurrency(map['concurrency']),
    lifecycle: map['lifecycle'] === 'tasks' ? 'tasks' : 'runs',
  };
}

function readDefaults(defaults: Json | undefined): Defaults {
  return isJsonMap(defaults) ? defaults : {};
}

interface Parent {
  readonly index: number;
  readonly path: string;
  /** Levels around the group's members. */
  readonly depth: number;
}

/** A numbered task whose node waits for what its siblings say about it. */
interface Member {
  readonly id: string;
  readonly body: JsonMap;
  readonly index: number;
  readonly needs: number[];
  readonly dependents: number[];
}

class GroupCompiler {
  /** What tasks say about undoing them, by their number. */
  readonly undone = new Map<number, Json>();

  constructor(
    private readonly nodes: Node[],
    private readonly defaults: Defaults,
  ) {}

  /** `failFast`: of the scope around it, and of its own unless it says otherwise. */
  compile(tasks: Json | undefined, output: Json | undefined, parent: Parent | null, failFast: boolean): Group {
    const sequence = Array.isArray(tasks);
    const bodies: readonly (readonly [string, JsonMap])[] = Array.isArray(tasks)
      ? tasks.map((task) => expectMap(task, 'a task')).map((task) => [expectText(task['id'], '`id`'), task])
      : Object.entries(expectMap(tasks, '`tasks`')).map(([id, task]) => [id, expectMap(task, 'a task')]);
    const members = bodies.map(([id, body], position) => this.number(id, body, position, parent, failFast));
    const byId = new Map(members.map((member) => [member.id, member]));
    for (const [position, member] of members.entries()) {
      const needs = sequence ? members.slice(Math.max(0, position - 1), position) : readNeeds(member.body['needs'], byId);
      for (const need of needs) {
        member.needs.push(need.index);
        need.dependents.push(member.index);
      }
    }
    return {
      members: members.map(({ index }) => index),
      sequence,
      failFast,
      output: output === undefined ? null : compileTemplate(output),
    };
  }

  /** A node's number comes before those inside it. */
  private number(id: string, body: JsonMap, position: number, parent: Parent | null, failFast: boolean): Member {
    const member: Member = { id, body, index: this.nodes.length, needs: [], dependents: [] };
    const { index, needs, dependents } = member;
    const path = parent === null ? id : `${parent.path}.${id}`;
    const forEach = body['forEach'] === undefined ? null : compileForEach(body['forEach']);
    const repeat = body['repeat'] === undefined ? null : compileRepeat(body['repeat']);
    const depth = parent?.depth ?? 0;
    const node: Node = {
      index,
      id,
      path,
      parent: parent?.index ?? null,
      position,
      depth,
      needs,
      dependents,
      runWhen: (body['runWhen'] ?? 'succeeded') as RunWhen,
      condition: body['if'] === undefined ? null : compileCondition(body['if']),
      forEach,
      repeat,
      levels: levelsOf(body),
      onError: body['onError'] === 'continue' ? 'continue' : 'fail',
      work: NO_WORK,
      role: 'member',
      compensation: null,
      compensates: null,
    };
    this.nodes.push(node);
    if (body['compensate'] !== undefined) this.undone.set(index, body['compensate']);
    const inner = { index, path, depth: depth + node.levels.length };
    this.nodes[index] = { ...node, work: this.compileWork(body, inner, failFast) };
    return member;
  }

  private compileWork(body: JsonMap, parent: Parent, around: boolean): Work {
    if (body['tasks'] === undefined) return compileWork(body, this.defaults);
    return {
      kind: 'group',
      group: this.compile(body['tasks'], body['output'], parent, (body['failFast'] ?? around) !== false),
      retry: body['retry'] === undefined ? null : readRetry(body['retry']),
      total: compileTotal(body['timeout']),
    };
  }
}

/** Outermost first, however the document orders its fields: each item repeats, each round is tried again. */
function levelsOf(body: JsonMap): readonly Level[] {
  const levels: Level[] = [];
  if (body['forEach'] !== undefined) levels.push('forEach');
  if (body['repeat'] !== undefined) levels.push('repeat');
  // The attempts of a call are its own row's.
  if (body['tasks'] !== undefined && body['retry'] !== undefined) levels.push('retry');
  return levels;
}

/** Stands in a node until what is inside it has been numbered. */
const NO_WORK: Work = {
  kind: 'group',
  group: { members: [], sequence: false, failFast: true, output: null },
  retry: null,
  total: null,
};

function readNeeds(needs: Json | undefined, siblings: ReadonlyMap<string, Member>): readonly Member[] {
  if (needs === undefined) return [];
  const ids = Array.isArray(needs) ? needs : [needs];
  return ids.map((id) => {
    const member = siblings.get(expectText(id, 'an item of `needs`'));
    if (member === undefined) throw new UnacceptedDocument(`there is no task ${JSON.stringify(id)}`);
    return member;
  });
}

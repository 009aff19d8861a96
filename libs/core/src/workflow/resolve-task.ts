import type { Node, Workflow } from './workflow.js';

/** The node that `tasks.ID` means inside `node` (null: at the root, in `output`): own siblings first, then outwards. */
export function resolveTask(workflow: Workflow, node: Node | null, id: string): Node | null {
  let group = node === null ? null : node.parent;
  for (;;) {
    const found = workflow.nodes.find(({ role, parent, id: other }) => role === 'member' && parent === group && other === id);
    if (found !== undefined) return found;
    if (group === null) return null;
    group = workflow.nodes[group]?.parent ?? null;
  }
}

import { keyOf, type TaskNewsMessage as News, type TaskState } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';
import { scopeTextOf } from '../memory/letters.js';

/** Those who follow tasks are told what the rows bear out: each end once, and nothing where nobody asks. */
export function checkNews(commit: Commit): void {
  const { decision, workflow, images } = commit;
  const told = decision.messages.filter((message): message is News => message.kind === 'task-news');
  if (workflow.lifecycle !== 'tasks') {
    if (told.length > 0) throw new LawBroken('tasks are told of that nobody follows');
    return;
  }
  const names = told.map(({ news, node, at, fence }) => `${news} ${keyOf(node, at)} ${fence}`);
  if (new Set(names).size < names.length) throw new LawBroken(`told twice: ${JSON.stringify(names)}`);
  for (const news of told) if (!isTrue(commit, news)) throw new LawBroken(`told, and not so: ${JSON.stringify(news)}`);
  for (const image of images.values()) {
    const isEnd = image.status === 'succeeded' || image.status === 'failed';
    if (isEnd && !told.some(({ news, node, at }) => news === image.status && node === image.node && at === image.at))
      broken(commit, image, 'it has ended, and nobody is told');
  }
}

function isTrue(commit: Commit, { news, node, at, fence, attempt }: News): boolean {
  const row = commit.images.get(keyOf(node, at)) ?? null;
  switch (news) {
    case 'started':
      return isRow(row, fence) && (row.status === 'running' || row.status === 'waiting') && row.claim === null;
    case 'retrying':
      return commit.decision.attempts.some((record) => record.node === node && record.at === at && record.attempt === attempt);
    case 'skipped': {
      const { workflow, ledger, images, decision } = commit;
      const member = workflow.nodes[node]!;
      return scopeTextOf(workflow, ledger, images, decision.run, member, at)[member.position] === 'k';
    }
    case 'succeeded':
    case 'failed':
    case 'parked':
      return isRow(row, fence) && row.status === news;
  }
}

const isRow = (row: TaskState | null, fence: number): row is TaskState => row !== null && row.fence === fence;

import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads which process groups are at work, one word and one number a line. The end of its input is the end of the executor,
 * also by SIGKILL: then it kills what is left.
 */
const SCRIPT = `
trap '' INT TERM HUP
groups=
while read -r word group; do
  case $word in
    watch) groups="$groups $group" ;;
    forget) kept=; for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done; groups=$kept ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
exit 0
`;

/** One small process beside the executor that outlives it for a moment, so that no program of a task outlives it for good. */
class Guardian {
  private readonly groups = new Set<number>();
  private process: ChildProcess | null = null;

  watch(group: number): void {
    this.groups.add(group);
    if (this.process === null) this.start();
    else this.tell(`watch ${group}`);
  }

  forget(group: number): void {
    if (this.groups.delete(group)) this.tell(`forget ${group}`);
  }

  private start(): void {
    // In a group of its own: Ctrl-C at the terminal must not end it before the executor.
    const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {}, cwd: '/' });
    this.process = child;
    const lost = (): void => {
      if (this.process === child) this.process = null;
    };
    child.on('error', lost);
    child.on('exit', lost);
    child.stdin?.on('error', lost);
    child.unref();
    if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
    for (const group of this.groups) this.tell(`watch ${group}`);
  }

  private tell(line: string): void {
    this.process?.stdin?.write(`${line}\n`);
  }
}

export const guardian = new Guardian();

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Json, pathOf } from '@reprise/core';
import { Interpreter, type InterpreterOptions } from '@reprise/testing';
import { type TesterOptions, testWorkflow } from '@reprise/worker/testing';

export const FOLDER = fileURLToPath(new URL('.', import.meta.url));

export const textOf = (name: string): string => readFileSync(`${FOLDER}${name}.yaml`, 'utf8');

/** tests/workflows/NAME.yaml as its authors would test it. */
export const tester = (name: string, options: TesterOptions = {}) => testWorkflow(textOf(name), options);

/** A run of tests/workflows/NAME.yaml that has only just begun. */
export const begin = (name: string, options: InterpreterOptions = {}): Interpreter => Interpreter.of(textOf(name), options);

export const play = (name: string, options: InterpreterOptions = {}): Interpreter => begin(name, options).toRest();

/** The paths of the attempts, in the order in which executors took them. */
export const calls = ({ executor, workflow }: Interpreter): readonly string[] =>
  executor.claims.map(({ key }) => {
    const [node = '', at = ''] = key.split(':');
    return pathOf(workflow, { node: Number(node), at });
  });

/** What a task was given. */
export const given = (run: Interpreter, path: string): Json => JSON.parse(run.task(path)?.input ?? 'null');

/** Virtual time from the run's start to its end. */
export const tookMs = ({ run }: Interpreter): number => (run.endedAt ?? Number.NaN) - (run.startedAt ?? Number.NaN);

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

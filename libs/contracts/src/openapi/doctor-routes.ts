import type { DoctorArea, DoctorReport, Finding, Severity, SkippedCheck } from '../doctor/finding.js';
import { answer, type Route } from './route.js';
import { COUNT, component, INSTANT, listOf, orNull, type Schema, said, shape, TEXT, words } from './schema.js';

export const DOCTOR_SCHEMAS: Readonly<Record<string, Schema>> = {
  DoctorReport: said(
    'What is not as it should be with broker, database and services.',
    shape<DoctorReport>({
      at: INSTANT,
      version: said('Of the monitor that looked.', TEXT),
      verdict: words<DoctorReport['verdict']>({ ok: true, warning: true, error: true }),
      findings: listOf(
        shape<Finding>({
          rule: said('Stable, for programs.', TEXT),
          area: words<DoctorArea>({ broker: true, database: true, services: true }),
          severity: words<Severity>({ error: true, warning: true }),
          about: said('The queue, table, process … it is about.', orNull(TEXT)),
          what: TEXT,
          prevents: said('The failure that mending it prevents.', TEXT),
          mend: said('A command, a statement or a setting.', TEXT),
        }),
      ),
      skipped: said(
        'What could not be looked at.',
        listOf(shape<SkippedCheck>({ check: TEXT, why: TEXT, enable: said('How it could be.', TEXT) })),
      ),
      checked: said('Rules that were asked.', COUNT),
    }),
  ),
};

export const DOCTOR_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/doctor',
    tag: 'operations',
    summary: 'Examine broker, database and services',
    answers: { 200: answer('What was found; an empty list is good news.', component('DoctorReport')) },
  },
];

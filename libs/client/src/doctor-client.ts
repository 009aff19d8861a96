import type { DoctorReport } from '@reprise/contracts';
import type { Connection } from './connection.js';

/** What is not as it should be. */
export class DoctorClient {
  constructor(private readonly connection: Connection) {}

  /** Has the monitor look at broker, database and services. Changes nothing. */
  async examine(): Promise<DoctorReport> {
    return (await this.connection.ask('/v1/doctor')).body as DoctorReport;
  }
}

import { Controller, Get, Inject } from '@nestjs/common';
import type { DoctorReport } from '@reprise/contracts';
import { ExamineInstallation } from './examine-installation.js';

/** What is not as it should be, and how to mend it. */
@Controller('v1/doctor')
export class DoctorController {
  constructor(@Inject(ExamineInstallation) private readonly installation: ExamineInstallation) {}

  @Get()
  examine(): Promise<DoctorReport> {
    return this.installation.examine();
  }
}

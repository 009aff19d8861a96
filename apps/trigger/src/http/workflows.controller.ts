import { Controller, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import { ProblemError, requiredBody } from '@reprise/service';
import type { Request, Response } from 'express';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';

/** Registering versions. Everything wrong with a document is said at once, with line and column. */
@Controller('v1/workflows')
export class WorkflowsController {
  constructor(@Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline) {}

  @Post()
  async register(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const answer = await this.pipeline.register.register(requiredBody(request).text);
    if (answer.kind === 'bad') {
      const count = answer.problems.length;
      const detail = `the workflow document has ${count === 1 ? 'a problem' : `${count} problems`}`;
      throw new ProblemError({
        status: 422,
        code: 'invalid_workflow',
        detail,
        errors: answer.problems.map((problem) => ({ ...problem })),
      });
    }
    const { registration, warnings } = answer;
    this.pipeline.schedules.poke();
    if (registration.kind === 'conflict') {
      const { name, version } = registration.existing;
      throw new ProblemError({
        status: 409,
        code: 'version_exists',
        detail: `${name} ${version} is registered with other content, and versions are immutable`,
        hint: 'raise `version`, or leave it out',
      });
    }
    const { name, version, number, hash, id } = registration.version;
    response.status(registration.kind === 'created' ? HttpStatus.CREATED : HttpStatus.OK);
    return { workflow: name, version: version ?? String(number), number, hash, id, warnings };
  }
}

import { WorkflowEntity, WorkflowNameEntity } from './workflow.entity.js';

/** Tables that are read and written one row at a time; the hot ones have statements of their own. */
export const entities = [WorkflowEntity, WorkflowNameEntity] as const;
export { WorkflowEntity, WorkflowNameEntity };

import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'workflow', schema: 'reprise' })
export class WorkflowEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  /** Counts the versions of one name, from 1. */
  @Column('int') number!: number;
  @Column('text', { nullable: true }) version!: string | null;
  @Column('text') hash!: string;
  /** A plain value when saved, text when read: the engine's connections do not parse `json`. */
  @Column('json') document!: unknown;
  /** The database's clock. */
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

@Entity({ name: 'workflow_name', schema: 'reprise' })
export class WorkflowNameEntity {
  @PrimaryColumn('text') name!: string;
  @Column('uuid') current!: string;
  @Column('timestamptz', { name: 'archived_at', nullable: true }) archivedAt!: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'dead_letter', schema: 'reprise' })
export class DeadLetterEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') queue!: string;
  @Column('text') reason!: string;
  @Column('bytea') body!: Buffer;
  @Column('jsonb') properties!: object;
  @Column('timestamptz', { name: 'received_at' }) receivedAt!: Date;
  @Column('timestamptz', { name: 'settled_at', nullable: true }) settledAt!: Date | null;
  @Column('text', { name: 'settled_as', nullable: true }) settledAs!: string | null;
}

import type { LoggerService } from '@nestjs/common';
import { isError } from '../error-code.js';
import type { Logger } from './logger.js';

/** Nest's own lines in our log: its chatter at debug, its complaints as they are. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.filter((part) => typeof part === 'string').at(-1);
      if (isError(message)) logger[level]({ context, error: message }, message.message);
      else logger[level]({ context }, typeof message === 'string' ? message : JSON.stringify(message));
    };
  return { log: at('debug'), debug: at('debug'), verbose: at('debug'), warn: at('warn'), error: at('error'), fatal: at('error') };
}

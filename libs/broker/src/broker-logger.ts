/** What this package asks of a logger; pino's and the service's fit. */
export interface BrokerLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

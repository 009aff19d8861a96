/** Who may import whom. What is not here may import nothing of ours. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'libs/core': [],
  'libs/contracts': ['core'],
  'libs/ledger': ['core', 'contracts'],
  'libs/broker': ['contracts'],
  'libs/worker': ['core', 'contracts', 'ledger', 'broker', 'service'],
  'libs/client': ['core', 'contracts'],
  'libs/service': [],
  'libs/testing': ['core', 'contracts', 'ledger', 'broker', 'worker', 'client', 'service'],
  'apps/trigger': ['core', 'contracts', 'ledger', 'broker', 'service'],
  'apps/scheduler': ['core', 'contracts', 'ledger', 'broker', 'service'],
  'apps/executor': ['core', 'contracts', 'ledger', 'broker', 'service', 'worker'],
  'apps/monitor': ['core', 'contracts', 'ledger', 'broker', 'service'],
  'apps/cli': ['core', 'contracts', 'client', 'service'],
  'apps/console': ['core', 'contracts', 'client'],
  'apps/all': ['service', 'trigger', 'scheduler', 'executor', 'monitor'],
};

/** Folders that may import less than their package: authors' unit tests load them, and must not wait for drivers and frameworks. */
export const LIGHT: Readonly<Record<string, readonly string[]>> = {
  'libs/worker/src/testing/': ['core'],
};

/** Packages that only these may import: one place to look when one of them changes. */
export const ONLY_IN: readonly { readonly package: RegExp; readonly packages: readonly string[] }[] = [
  { package: /^(typeorm|pg|pg-.*)$/, packages: ['libs/ledger', 'libs/testing'] },
  { package: /^amqplib$/, packages: ['libs/broker', 'libs/testing'] },
  { package: /^(pino|prom-client|@opentelemetry\/.*)$/, packages: ['libs/service'] },
  { package: /^@nestjs\/testing$/, packages: [] },
  {
    package: /^@nestjs\//,
    packages: [
      'libs/service',
      'libs/worker',
      'libs/broker',
      'apps/trigger',
      'apps/scheduler',
      'apps/executor',
      'apps/monitor',
      'apps/all',
    ],
  },
];

/** Arithmetic: nothing of the machine it runs on. */
export const PURE = ['libs/core', 'libs/contracts'];

/** Where time and randomness come from; everything else takes them as values. */
export const OWNS_CLOCK = ['libs/service', 'libs/testing'];
export const OWNS_ENVIRONMENT = ['libs/service', 'libs/testing'];

/** Nest's decorators: in the apps, the modules, the worker and the transport strategy. */
export const MAY_DECORATE = /^(apps\/|libs\/worker\/|libs\/testing\/|libs\/broker\/src\/transport\/|.*\.module\.ts$)/;

export const MOST_LINES = 250;
export const HALLWAYS = /(^|[/.-])(utils?|common|helpers?|types|constants|misc|shared)\.tsx?$|\.service\.ts$/;

/** Walls with a door in them, each with what it is for. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  // The command line's clock is its terminal: loading the service library would cost every command a tenth of a second.
  'apps/cli/src/terminal.ts': ['clock'],
  // `reprise doctor` looks at database and broker itself when no service is there to ask.
  'apps/cli/src/examine-here.ts': ['import', 'import'],
  // A caller's process tells the client where the monitor is and by which token; it comes without the service library.
  'libs/client/src/read-environment.ts': ['environment'],
  // Without a run there is no virtual time: the deadline it makes up is one of this machine.
  'libs/worker/src/testing/fake-attempt.ts': ['clock'],
  // The root module around the modules of whatever service is started: nobody injects it.
  'libs/service/src/process/run-service.ts': ['decorator'],
};

/** Of this build: in the metrics, in the interface's description, in the rows by which services say that they live. */
export const VERSION = '0.1.0';

export { withAftermath } from './any-aftermath.js';
export { type AnyDocumentOptions, anyDocument } from './any-document.js';
export { settledHandler, settledWorkflows, tapedHandler } from './any-handler.js';

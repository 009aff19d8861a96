export type { Budget } from './evaluation.js';
export { type Expression, evaluate, evaluateCondition, parseExpression } from './expression.js';
export { ExpressionError, only } from './expression-error.js';
export { nearestName } from './nearest-name.js';
export type { Reference } from './references.js';
export { MAX_SOURCE_LENGTH, RESERVED_WORDS } from './syntax.js';
export { isLiteral, type Template, templateReferences } from './template.js';
export { parseTemplate, type TemplateProblem } from './template-parse.js';
export { render, type SecretUse } from './template-render.js';

/** Does the text have an expression in it, `$${{` not counted? */
export const isTemplateText = (text: string): boolean => /(?<!\$)\$\{\{/.test(text);

/** The expression of a field that takes it with or without `${{ }}` around it, and where in the text it starts. */
export function bareSource(text: string): { readonly source: string; readonly offset: number } {
  const wrapped = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(text);
  const source = wrapped?.[1];
  if (source === undefined) return { source: text, offset: 0 };
  return { source, offset: text.indexOf('${{') + 3 };
}

/** The text of a template that has the value of a bare expression. */
export const asTemplateText = (text: string): string => (isTemplateText(text) ? text : `\${{ ${text} }}`);

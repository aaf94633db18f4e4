const WIDTH = 118;

/** Words under a title, as many on a line as fit. */
export function paragraph(title: string, words: string[]): string[] {
  const lines = [`  · ${title}`];
  for (const [index, word] of words.entries()) {
    const text = index < words.length - 1 ? `${word},` : word;
    const last = lines.at(-1) ?? '';
    if (last.length + text.length < WIDTH) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`    ${text}`);
  }
  return lines;
}

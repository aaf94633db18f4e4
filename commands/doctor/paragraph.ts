const WIDTH = 118;

/** Words one after the other, as many on a line as fit. */
export function paragraph(words: string[]): string[] {
  const lines: string[] = [];
  for (const [index, word] of words.entries()) {
    const text = index < words.length - 1 ? `${word},` : word;
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < WIDTH) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`  ${lines.length === 0 ? '·' : ' '} ${text}`);
  }
  return lines;
}

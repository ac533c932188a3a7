/** The first paragraph of a commit's message in one line. */
export const subjectOf = (message: string): string => message.split('\n\n')[0]!.replace(/\n/g, ' ').trim();

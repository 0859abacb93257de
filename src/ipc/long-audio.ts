/** Length in seconds from which all transcriptions count as equally long. */
export const longS = 128;

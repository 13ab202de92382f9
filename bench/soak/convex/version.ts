// Each push of the soak writes another number here.
export const version: number = 0;

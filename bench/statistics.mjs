export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const geomean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

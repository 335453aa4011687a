export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/tests/support/scratch.mjs',
  globalTeardown: '<rootDir>/tests/support/scratch-clear.mjs',
  testSequencer: '<rootDir>/tests/support/longest-first.mjs',
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types.mjs' },
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.build', '<rootDir>/.serverless', '<rootDir>/.relay'],
  coverageProvider: 'v8',
  // one more than the cores it is meant for: tests wait for processes and sockets a third of their time
  maxWorkers: 3,
  // a start of git costs its parent's page tables anew, and workers grow with each suite: a new one is cheaper than a large one
  workerIdleMemoryLimit: '200MB',
  testTimeout: 120_000,
}

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/tests/support/scratch.mjs',
  globalTeardown: '<rootDir>/tests/support/scratch-clear.mjs',
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types.mjs' },
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.build', '<rootDir>/.serverless', '<rootDir>/.relay'],
  coverageProvider: 'v8',
  maxWorkers: 2,
  testTimeout: 120_000,
}

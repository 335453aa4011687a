/** Units of CloudWatch that Relay measures in (CloudWatch API Reference, MetricDatum). */
export type Unit = 'Milliseconds' | 'Count'

/** Where figures go. */
export interface Meter {
  /** @param dimensions few values each: every combination is a metric that costs */
  put(name: string, value: number, unit: Unit, dimensions?: Readonly<Record<string, string>>): void
}

export const NAMESPACE = 'CodeCommitRelay'

/**
 * Writes figures as lines in CloudWatch's embedded metric format: what a function prints becomes a metric, without a call
 * and without a right (CloudWatch user guide, "Specification: Embedded metric format"). Each figure counts for the whole stack
 * and, with dimensions, for these too.
 * @param stack name and stage: the dimension `Stack` of every figure
 * @param now milliseconds since the epoch
 * @param write prints one line
 */
export const createMeter = (options: {
  readonly stack: string
  readonly now: () => number
  readonly write: (line: string) => void
}): Meter => ({
  put: (name, value, unit, dimensions = {}) => {
    const more = Object.keys(dimensions)
    options.write(
      JSON.stringify({
        _aws: {
          Timestamp: options.now(),
          CloudWatchMetrics: [
            {
              Namespace: NAMESPACE,
              Dimensions: [['Stack'], ...(more.length > 0 ? [['Stack', ...more]] : [])],
              Metrics: [{ Name: name, Unit: unit }],
            },
          ],
        },
        Stack: options.stack,
        ...dimensions,
        [name]: value,
      }),
    )
  },
})

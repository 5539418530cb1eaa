import { type DestinationStream, destination, pino, stdSerializers, stdTimeFunctions } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One JSON object a line. The message is constant; what varies is a field. Stable keys: `controller`, `namespace`,
 * `name`, `reconcileID`, `reason`, `resource`, `err`.
 */
export type Logger = {
  /** May be changed while the process runs. */
  level: string;
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  fatal(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
};

export type LoggerOptions = {
  readonly level?: LogLevel;
  /** Keys that every line carries. */
  readonly base?: LogFields;
  /** Where lines go; standard error, written at once, when absent. */
  readonly stream?: DestinationStream;
};

/** A logger that writes `{"level":"info","time":"<RFC 3339>", ...fields, "msg":"..."}`. An Error under `err` keeps its stack. */
export const createLogger = ({ level = "info", base = {}, stream }: LoggerOptions = {}): Logger =>
  pino(
    {
      level,
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
    },
    stream ?? destination({ dest: 2, sync: true }),
  );

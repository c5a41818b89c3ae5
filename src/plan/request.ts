/** All that a load is told: put together where a command or a caller asks for it, and handed on whole. */
import { gatherSteps, type StepTimes } from '../steps.js';
import type {
  BadRow,
  EngineName,
  GraphSchema,
  LoadEvent,
  NodeTable,
  Problem,
  RelTable,
  Resources,
  ServerAccess,
} from '../types.js';
import type { UpdateSettings } from './update.js';

/** A load that is asked for. */
export interface LoadRequest {
  schema: GraphSchema;
  settings: Settings;
  hooks: Hooks;
}

/** What is to be done, and how; goes through JSON. */
export interface Settings {
  /** Of a database that is created. */
  engine?: EngineName;
  /** Build a new database and put it in the old one's place. */
  fresh: boolean;
  /** Load into tables that hold rows already. */
  append: boolean;
  /** Bring the database to what the dataset says. */
  update?: UpdateSettings;
  onError?: 'continue' | 'abort';
  badRows: {
    /** Leave them out, and load the others. */
    skip: boolean;
    /** More than this end the load. */
    most?: number;
  };
  /** Values that take the place of those which the engines may change. */
  values: { nanAsNull: boolean; negativeZeroAsZero: boolean; allowRounding: boolean };
  /**
   * Tables that are loaded at a time, into a new database of an engine that can. Default: one a core,
   * but no more than four.
   */
  jobs?: number;
  resources: Resources;
  /** Of a database on a server. */
  server?: ServerSettings;
  /** Tables that are not to be attempted, and why. */
  exclude: readonly Problem[];
}

/** What is to be done on a server alone. */
export interface ServerSettings {
  /** Who asks it. */
  access?: ServerAccess | undefined;
  /** Go on with a load that did not come to its end. */
  resume: boolean;
  /** That everything is deleted, with `fresh`, is meant. */
  isConfirmed: boolean;
  /** Load values that servers have no place for as JSON text. */
  unsupportedAsJson: boolean;
}

/** Whom a load tells, and asks. */
export interface Hooks {
  onEvent: (event: LoadEvent) => void;
  /** Somebody wants to know how far a table is. */
  hasProgress: boolean;
  onBadRow?: (row: BadRow) => void;
  /** Called when all is loaded, before the target is touched; what it throws keeps that as it is. */
  beforePublish?: () => void;
  signal?: AbortSignal;
  /** Milliseconds, from any origin. */
  clock: () => number;
  /** When the work began, by that clock. */
  began: number;
  /** Times of the steps that were told of so far. */
  stepTimes: StepTimes;
}

/** What a load does that nobody told otherwise. */
const DEFAULT_SETTINGS: Settings = {
  fresh: false,
  append: false,
  badRows: { skip: false },
  values: { nanAsNull: false, negativeZeroAsZero: false, allowRounding: false },
  resources: {},
  exclude: [],
};

/** A request for a load, with what is not said as usual. */
export function requestLoad(
  schema: GraphSchema,
  settings: Partial<Settings> = {},
  hooks: Partial<Hooks> = {},
): LoadRequest {
  const { onEvent = () => undefined, hasProgress = false, clock = () => performance.now() } = hooks;
  const steps = gatherSteps(onEvent);
  const complete = { ...DEFAULT_SETTINGS, ...settings };
  return {
    schema: complete.values.allowRounding ? withRounding(schema) : schema,
    settings: complete,
    hooks: {
      ...hooks,
      onEvent: steps.onEvent,
      hasProgress,
      clock,
      began: clock(),
      stepTimes: steps.times,
    },
  };
}

/** The schema, where every property may be rounded. */
function withRounding(schema: GraphSchema): GraphSchema {
  const rounded = <T extends NodeTable | RelTable>(table: T): T => ({
    ...table,
    properties: table.properties.map((property) => ({ ...property, allowRounding: true })),
  });
  return { ...schema, nodes: schema.nodes.map(rounded), edges: schema.edges.map(rounded) };
}

/** Whether the first failure undoes all that was loaded. */
export function isAllOrNothing({ onError, badRows }: Settings): boolean {
  return onError === 'abort' || badRows.most !== undefined;
}

import type { Language, Module, Overloads, Project } from '../language.js';
import { directoryOf } from '../places.js';

/** What each primitive type, and what a box of it, is taken for. */
const WIDER: Record<string, readonly string[]> = {
  byte: ['short', 'int', 'long', 'float', 'double'],
  short: ['int', 'long', 'float', 'double'],
  char: ['int', 'long', 'float', 'double'],
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  double: [],
  boolean: [],
};
const BOXES: Record<string, string> = {
  byte: 'Byte',
  short: 'Short',
  char: 'Character',
  int: 'Integer',
  long: 'Long',
  float: 'Float',
  double: 'Double',
  boolean: 'Boolean',
};
const UNBOXED = Object.fromEntries(Object.entries(BOXES).map(([plain, box]) => [box, plain]));
/** Classes of java.lang that nothing extends. */
const FINAL = new Set([...Object.values(BOXES), 'String', 'Class']);
/** What well-known types extend, as far as these are often told apart. */
const ABOVE = new Map(
  Object.entries({
    String: 'CharSequence Comparable Serializable',
    StringBuilder: 'CharSequence Appendable Serializable',
    StringBuffer: 'CharSequence Appendable Serializable',
    CharSequence: '',
    Class: 'Type GenericDeclaration AnnotatedElement Serializable',
    Iterator: '',
    Iterable: '',
    Enumeration: '',
    Collection: 'Iterable',
    List: 'Collection Iterable',
    ArrayList: 'List Collection Iterable',
    LinkedList: 'List Deque Queue Collection Iterable',
    Set: 'Collection Iterable',
    HashSet: 'Set Collection Iterable',
    LinkedHashSet: 'HashSet Set Collection Iterable',
    TreeSet: 'SortedSet Set Collection Iterable',
    SortedSet: 'Set Collection Iterable',
    Queue: 'Collection Iterable',
    Deque: 'Queue Collection Iterable',
    Map: '',
    HashMap: 'Map',
    LinkedHashMap: 'HashMap Map',
    TreeMap: 'SortedMap Map',
    SortedMap: 'Map',
    Reader: 'Readable Closeable AutoCloseable',
    StringReader: 'Reader Readable Closeable AutoCloseable',
    BufferedReader: 'Reader Readable Closeable AutoCloseable',
    InputStreamReader: 'Reader Readable Closeable AutoCloseable',
    Writer: 'Appendable Closeable Flushable AutoCloseable',
    StringWriter: 'Writer Appendable Closeable Flushable AutoCloseable',
    InputStream: 'Closeable AutoCloseable',
    OutputStream: 'Closeable Flushable AutoCloseable',
    File: 'Comparable Serializable',
    URL: 'Serializable',
    URI: 'Comparable Serializable',
    Locale: 'Serializable Cloneable',
    Charset: 'Comparable',
    Throwable: 'Serializable',
    Exception: 'Throwable Serializable',
  }).map(([name, above]) => [name, above.split(' ')]),
);
/** What everything is, the least of all. */
const LEAST = 0.1;
const BOXED = 0.5;
const ABOVE_BOXES = ['Number', 'Comparable', 'Serializable', 'Object'];

/** Methods of java.lang whose names the classes of others seldom have with another type. */
const RETURNS = new Map(
  Object.entries({
    toString: 'String',
    getClass: 'Class',
    length: 'int',
    size: 'int',
    hashCode: 'int',
    ordinal: 'int',
    equals: 'boolean',
    isEmpty: 'boolean',
    charAt: 'char',
    toCharArray: 'char[]',
    substring: 'String',
    trim: 'String',
    toLowerCase: 'String',
    toUpperCase: 'String',
    getSimpleName: 'String',
    getMessage: 'String',
    format: 'String',
    nanoTime: 'long',
    currentTimeMillis: 'long',
    intValue: 'int',
    longValue: 'long',
    doubleValue: 'double',
    floatValue: 'float',
    booleanValue: 'boolean',
    'String.valueOf': 'String',
    'String.join': 'String',
    'Objects.toString': 'String',
    'Boolean.valueOf': 'Boolean',
    'Boolean.parseBoolean': 'boolean',
    'Character.valueOf': 'Character',
    'Integer.valueOf': 'Integer',
    'Integer.parseInt': 'int',
    'Long.valueOf': 'Long',
    'Long.parseLong': 'long',
    'Double.valueOf': 'Double',
    'Double.parseDouble': 'double',
  }),
);

const LITERALS: readonly (readonly [RegExp, string])[] = [
  [/^"/, 'String'],
  [/^'/, 'char'],
  [/^(?:true|false)$/, 'boolean'],
  [/^null$/, 'null'],
  [/^-?(?:\d[\d_]*|0[xXbB][\da-fA-F_]+)[lL]$/, 'long'],
  [/^-?(?:\d[\d_]*|0[xXbB][\da-fA-F_]+)$/, 'int'],
  [/^-?[\d.][\d_.]*(?:[eE][-+]?\d+)?[fF]$/, 'float'],
  [/^-?[\d.][\d_.]*(?:[eE][-+]?\d+)?[dD]?$/, 'double'],
  [/^[\w.]+(?:\[\])*\.class$/, 'Class'],
  [/^(?:\([^()]*\)|\w+)\s*->|^[\w.<>[\]]+::\w+$/, 'function'],
];

const overloads: Overloads = {
  returns: RETURNS,
  typeOfLiteral(text) {
    // What is put to a text is one.
    const plain = text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
    if (/^""$|^""\s*\+|\+\s*""$|^[^?:(>]*\+\s*""/.test(plain) && !plain.includes('?'))
      return 'String';
    if (/^!\s*\w|^[^()"?]+(?:[=!<>]=|&&|\|\||\sinstanceof\s)[^()"?]+$/.test(plain))
      return 'boolean';
    return LITERALS.find(([form]) => form.test(text))?.[1];
  },
  accepts(parameter, argument) {
    if (argument === 'void') return undefined;
    const isPlain = parameter in WIDER;
    if (argument === 'null') return isPlain ? 0 : undefined;
    if (argument === 'function') return isPlain || FINAL.has(parameter) ? 0 : undefined;
    if (parameter === 'Object') return LEAST;
    if (argument.endsWith(']')) return acceptsArray(parameter, argument.slice(0, -2));
    if (parameter.endsWith(']')) return argument in WIDER || FINAL.has(argument) ? 0 : undefined;
    const wider = WIDER[argument];
    if (wider) {
      // The nearest first, then its box.
      if (isPlain) return wider.includes(parameter) ? 0.9 - wider.indexOf(parameter) / 20 : 0;
      return parameter === BOXES[argument] ? BOXED : ABOVE_BOXES.includes(parameter) ? LEAST : 0;
    }
    const plain = UNBOXED[argument];
    if (isPlain) {
      if (plain === undefined) return FINAL.has(argument) ? 0 : undefined;
      return plain === parameter ? BOXED : WIDER[plain]?.includes(parameter) ? LEAST : 0;
    }
    if (plain !== undefined) return ABOVE_BOXES.includes(parameter) ? BOXED : 0;
    // What is an Object to the compiler is taken for nothing else.
    if (FINAL.has(parameter) || argument === 'Object') return 0;
    const above = ABOVE.get(argument);
    const at = above?.indexOf(parameter) ?? -1;
    if (at >= 0) return 0.9 - at / 10;
    return above && (ABOVE.has(parameter) || FINAL.has(argument)) ? 0 : undefined;
  },
};

function acceptsArray(parameter: string, item: string): number | undefined {
  if (!parameter.endsWith(']'))
    return ['Cloneable', 'Serializable'].includes(parameter) ? LEAST : 0;
  const wanted = parameter.slice(0, -2);
  if (item in WIDER || wanted in WIDER) return 0;
  return overloads.accepts(wanted, item);
}

export const java: Language = {
  name: 'java',
  files: ['.java'],
  grammar: 'tree-sitter-java',
  query: 'java',
  rules: {
    self: { words: ['this'] },
    super: ['super'],
    constructors: ['new'],
    classMembers: [],
    selfConstructs: true,
    ownConstructors: true,
    seesClassNames: true,
    hidesNames: false,
    module: 'directory',
    isPublic(_, modifiers, around) {
      const words = modifiers.replace(/"[^"]*"/g, '');
      if (/\bpublic\b/.test(words)) return true;
      return /\binterface\b/.test(around) && !/\bprivate\b/.test(words);
    },
    blanks: ['_'],
    trustsTypes: true,
    callsApart: true,
    overloads,
    qualifiedNames: true,
    castsBefore: true,
    decorators: { statics: [], classMethods: [], properties: [] },
    separators: ['.'],
    prefixes: ['new'],
    choices: { conditional: '?:', either: [], both: [] },
    bracesConstruct: false,
    typePrefixes: ['final', '? extends', '? super'],
    types: {
      transparent: [],
      collections: [
        ...['Collection', 'Iterable', 'Iterator', 'ListIterator', 'Enumeration', 'Spliterator'],
        ...['List', 'ArrayList', 'LinkedList', 'Vector', 'Stack', 'CopyOnWriteArrayList'],
        ...['Set', 'HashSet', 'LinkedHashSet', 'TreeSet', 'SortedSet', 'NavigableSet', 'EnumSet'],
        ...['Queue', 'Deque', 'ArrayDeque', 'PriorityQueue', 'BlockingQueue', 'BlockingDeque'],
        ...[
          'LinkedBlockingQueue',
          'ArrayBlockingQueue',
          'ConcurrentLinkedQueue',
          'ConcurrentLinkedDeque',
        ],
        ...['Map', 'HashMap', 'LinkedHashMap', 'TreeMap', 'SortedMap', 'NavigableMap', 'EnumMap'],
        ...[
          'ConcurrentMap',
          'ConcurrentHashMap',
          'ConcurrentSkipListMap',
          'WeakHashMap',
          'IdentityHashMap',
          'Hashtable',
        ],
        ...['Entry', 'Optional', 'Stream', 'Supplier', 'Callable', 'Future', 'CompletableFuture'],
        ...['AtomicReference', 'ThreadLocal', 'WeakReference', 'SoftReference', 'Reference'],
      ],
      itemCalls: [
        ...['get', 'getOrDefault', 'getFirst', 'getLast', 'first', 'last', 'next', 'previous'],
        ...['nextElement', 'elementAt', 'firstElement', 'lastElement'],
        ...[
          'poll',
          'pollFirst',
          'pollLast',
          'peek',
          'peekFirst',
          'peekLast',
          'pop',
          'take',
          'element',
        ],
        ...[
          'removeFirst',
          'removeLast',
          'put',
          'putIfAbsent',
          'computeIfAbsent',
          'computeIfPresent',
        ],
        ...[
          'getValue',
          'orElse',
          'orElseGet',
          'orElseThrow',
          'join',
          'call',
          'getAndSet',
          'floor',
          'ceiling',
        ],
      ],
      sameCalls: [
        ...['iterator', 'listIterator', 'descendingIterator', 'spliterator', 'elements', 'values'],
        ...[
          'subList',
          'subSet',
          'headSet',
          'tailSet',
          'descendingSet',
          'subMap',
          'headMap',
          'tailMap',
        ],
        ...['stream', 'parallelStream', 'filter', 'sorted', 'distinct', 'limit', 'skip', 'peek'],
        ...['findFirst', 'findAny', 'min', 'max', 'toList'],
      ],
      itemCallbacks: [
        ...['forEach', 'forEachOrdered', 'filter', 'map', 'flatMap', 'mapToInt', 'mapToLong'],
        ...['mapToDouble', 'mapToObj', 'anyMatch', 'allMatch', 'noneMatch', 'removeIf', 'peek'],
        ...['ifPresent', 'ifPresentOrElse', 'takeWhile', 'dropWhile', 'updateAndGet', 'thenAccept'],
      ],
      functions: '=>',
      classes: [],
      nothings: ['var', 'null'],
      self: [],
    },
  },
  describeImport: ({ module, name, isFrom }) => ({
    importedName: name === undefined ? module : module === '' ? name : `${module}.${name}`,
    importType: isFrom ? 'static' : 'import',
    isRelative: false,
  }),
  findModule: (module, importer, project) => packageNamed(module, directoryOf(importer), project),
  findOwnModule: (file, name, project) => packageNamed(name, directoryOf(file), project, true),
};

const directories = new WeakMap<Project, Map<string, string[]>>();

/** The directories of a package: its sources and its tests are in several. The nearest is first. */
function packageNamed(
  name: string,
  from: string,
  project: Project,
  isOwn = false,
): Module | undefined {
  const path = name.replaceAll('.', '/');
  let byName = directories.get(project);
  if (!byName) {
    byName = new Map<string, string[]>();
    for (const directory of project.directories()) {
      const last = directory.slice(directory.lastIndexOf('/') + 1);
      const others = byName.get(last);
      if (others) others.push(directory);
      else byName.set(last, [directory]);
    }
    directories.set(project, byName);
  }
  const found = (byName.get(path.slice(path.lastIndexOf('/') + 1)) ?? []).filter(
    (directory) => directory === path || directory.endsWith(`/${path}`),
  );
  // A package may lie where its name does not say.
  if (isOwn && !found.includes(from)) found.push(from);
  const [directory, ...others] = found
    .map((at) => ({ at, shared: sharedLength(at, from) }))
    .sort((a, b) => b.shared - a.shared)
    .map(({ at }) => at);
  return directory === undefined ? undefined : { directory, others, package: name };
}

function sharedLength(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

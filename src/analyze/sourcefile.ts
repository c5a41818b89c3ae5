/** A source file before it is parsed, and what is to be told of files and directories. */

/** Why a file is no more than a row of the table File. */
export type Only = 'minified' | 'generated' | 'too large' | 'binary' | 'unreadable';

/** A parser takes a second for 2.5 MB, and some 60 bytes for each. */
export const MAX_SIZE = 2_000_000;

export interface SourceFile {
  /** Relative to the root, with `/` between its parts. */
  path: string;
  language: string;
  /** In bytes. */
  size: number;
  /** In milliseconds since 1970. */
  modified: number;
  only?: Only;
  /** A pattern `!…` names it, so it is not looked at whether it is minified or generated. */
  isWanted?: true;
}

/** The kind of a {@link FileNote}; a code keeps its meaning from version to version. */
export type NoteCode =
  /** A symbolic link, which is not followed. */
  | 'SYMLINK'
  /** A pipe, a socket or a device, which is not opened. */
  | 'NOT_A_FILE'
  /** A file or directory that the system does not let read. */
  | 'UNREADABLE'
  /** A file that was gone when it was to be read. */
  | 'VANISHED'
  /** A file that changed while it was read. */
  | 'CHANGED'
  /** A file whose name is no UTF-8, so that no path can say it. */
  | 'NAME'
  /** A file that is no more than a row of `File`, since it is larger than a file may be. */
  | 'TOO_LARGE'
  /** Likewise, since it is minified. */
  | 'MINIFIED'
  /** Likewise, since a program wrote it. */
  | 'GENERATED'
  /** Likewise, since it holds zero bytes. */
  | 'BINARY'
  /** A file that is not in UTF-8, or not in what it says. */
  | 'ENCODING'
  /** Directories that hold installed packages, caches or build output. */
  | 'EXCLUDED_DIRECTORY'
  /** What `.kgloadignore` and `exclude` leave out. */
  | 'EXCLUDED'
  /** What `.gitignore` leaves out. */
  | 'IGNORED'
  /** A submodule that is not checked out. */
  | 'SUBMODULE'
  /** Git could not be asked, so its ignore files were read instead. */
  | 'GIT'
  /** A file at which the parser failed, or took too long. */
  | 'PARSER';

/** What is to be told of a file or a directory. */
export interface FileNote {
  /** From the root, with `/` between its parts and, of a directory, at its end. The first one, where there are several. */
  file: string;
  /** What kind of note it is. */
  code: NoteCode;
  /** A sentence for people; what to do, where something can be done. */
  message: string;
  /** How many files or directories it is about, where they share it. */
  count?: number;
}

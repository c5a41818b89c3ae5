/** What a worker thread and the one that started it say to each other. */
import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import { type PackedFacts, packFacts } from './cache.js';
import type { Facts } from './facts.js';

/** A file whose facts are wanted. */
export interface Job {
  path: string;
  language: string;
  text: string;
}

export type Answer =
  | { packed: PackedFacts; heap: number }
  /** Why there are no facts. */
  | { failure: string };

/**
 * Answers jobs one by one.
 *
 * @param heapSize - Bytes of WebAssembly's memory, which never shrinks.
 */
export function serve(
  port: MessagePort | null,
  extract: (job: Job) => Promise<Facts>,
  heapSize: () => number,
): void {
  let last = Promise.resolve();
  port?.on('message', (job: Job) => {
    last = last.then(async () => {
      let answer: Answer;
      try {
        answer = { packed: packFacts(await extract(job)), heap: heapSize() };
      } catch (error) {
        answer = { failure: messageOf(error) };
      }
      const packed = 'packed' in answer ? [answer.packed.own, answer.packed.sites] : [];
      port.postMessage(
        answer,
        packed.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
  });
  port?.postMessage('ready');
}

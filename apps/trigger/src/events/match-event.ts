import { type EventTrigger, evaluateStart, type StartMatch, topicMatches } from '@reprise/core';
import { eventVariable, type TriggerEvent } from './trigger-event.js';

/** null: the entry is not about such events. */
export function matchTrigger(trigger: EventTrigger, event: TriggerEvent): StartMatch | null {
  if (!topicMatches(trigger.pattern, event.type)) return null;
  if (trigger.source !== null && trigger.source !== event.source) return null;
  return evaluateStart(trigger, { event: eventVariable(event) }, event.data);
}

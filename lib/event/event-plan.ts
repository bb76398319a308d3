/** The forms of encoded events that native code writes, by the plan of where each field lies. */
import { binding } from '../binding';
import { HEADER } from './event-header';
import { EVENT_RECORDS, EVENT_STEPS } from './generated/event-plan';

binding.compileEventPlan(EVENT_STEPS, EVENT_RECORDS, HEADER);

export const { packWire, packSelfContained } = binding;

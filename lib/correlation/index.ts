export { Correlator, type CorrelatorOptions, type CorrelatorStats } from './correlator';

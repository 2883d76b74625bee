#ifndef MERIDIAN_HEALTH_PROBER_FREEZE_H
#define MERIDIAN_HEALTH_PROBER_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the prober takes itself for cut off from the world; see health/guard.h. A value. */
struct prober_freeze {
    bool frozen;
    uint64_t since_wall_ms; /* of the present state; 0: it was never frozen */
    uint64_t freezes;       /* ever */
    uint64_t ignored;       /* failures that did not count for it, ever */
};

#endif

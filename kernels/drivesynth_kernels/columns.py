"""What stands in which column of the actors' states and commands, for kernels and their callers."""

# Columns of `history`.
S = 0  # station of the reference point on its path [m]
V = 1  # speed along the heading [m/s]
ACC = 2
D = 3  # offset from the path, left positive [m]
D_RATE = 4
X = 5  # the box's centre, world [m]
Y = 6
YAW = 7  # running on without wrapping
TRAVELLED = 8  # since the start [m]
CLOCK = 9  # into the lateral manoeuvre, as the actor lives it [s]
HITCH = 10  # trailer against tractor, left positive [rad]
GAP = 11  # to what it follows, bumper to bumper; inf [m]
NOTICED = 12  # careful driver: since when somebody is coming in [s]; inf
RISK = 13  # careful driver: since when it is dangerous [s]; inf
LATERAL_FROM = 14  # lateral manoeuvre: offset from its slot's centre at its start [m]
LATERAL_TO = 15  # and at its end
LATERAL_TIME = 16  # its duration [s]; 0 is none
LATERAL_SPEED = 17  # speed at its start: a slower actor takes longer over it [m/s]; 0 for walkers
SLOT = 18  # which lane beside the path it is in or moving to: 1 is the next to the left; see `tracks`
CHOSEN = 19  # whether the driver itself chose that manoeuvre, and shows it to those beside it
GOING = 20  # station up to which it has decided to go on, whatever signals and others do; -inf [m]
WAITED = 21  # how long it has been standing [s]
STOOD = 22  # station of its front where it last stood as long as a stop sign asks; -inf [m]
STATE_COLUMNS = 23

# Columns of `commands`.
PATH = 0  # row of the table of paths
BACK = 1  # from the reference point forward to the box's centre [m]
HALF_LENGTH = 2
HALF_WIDTH = 3
MODE = 4
WISHED = 5  # speed [m/s]
RATE = 6  # acceleration towards it [m/s^2]
JERK = 7  # [m/s^3]
ACCEL = 8  # of the following model
DECEL = 9
HEADWAY = 10  # [s]
MIN_GAP = 11  # [m]
SIGMA = 12  # Krauss's imperfection
KEY = 13  # of its random numbers, a whole number below 2^53
START_S = 14  # TIMED: where it starts [m]
START_TIME = 15  # when [s]
START_DISTANCE = 16  # over which it picks up speed [m]
CHANGES = 17  # lanes: 0 never, NEEDED where its own ends, FREELY also where it is better off
POLITENESS = 18  # what others lose counts that much against what it gains
KEEP = 19  # side of the slow lane: -1 right, 1 left, 0 none
STOP_S = 20  # station where it must stand [m]; inf
SEEN_FROM = 21  # drivers do not react to it before [s]
PRESENT = 22
TURN_RATE = 23  # walkers turn no faster [rad/s]; inf for vehicles, whose path turns them
CARRIER = 24  # row of the actor it stands on
CARRIED_FORWARD = 25  # where on it [m]
CARRIED_LEFT = 26
TRAILER = 27  # from the hitch to the trailer's axle [m]; 0 is no trailer
OBEYS = 28  # bits: `rules.OBEYS_SIGNALS`, `rules.OBEYS_RIGHT_OF_WAY`
PIN = 29  # of a combination, forward of the box's centre [m]: its joint,
TRACTOR_REAR = 30  # where its tractor ends,
TRAILER_FRONT = 31  # where its trailer begins
COMMAND_COLUMNS = 32

# Values of MODE.
STAND = 0
HOLD = 1  # go to the wished speed and keep it, whatever is ahead
IDM = 2
KRAUSS = 3
CAREFUL = 4
TIMED = 5  # start at START_TIME, pick up speed over START_DISTANCE, keep it
SLIDE = 6  # friction RATE until it lies still
CARRIED = 7
REPLAY = 8  # its path is a recording: rows are steps, their fourth column the speed

# Values of CHANGES.
NEEDED = 1
FREELY = 2

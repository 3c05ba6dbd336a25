/* A CUDA driver without a GPU: memory, streams, events and graphs as NVIDIA's driver has them; kernels are run by whoever
   has called `standin_kernels`.

   It is as late as it may be. What is put into a stream waits there until somebody waits for it, and streams know of each
   other only by events: what forgets to wait reads what was there before. Memory is filled with a pattern when it comes and
   when it goes. It is a part of a file, at a fixed address, so that another process can have it at the same one; the program
   itself may not look there, as it may not look into a GPU.

   NVIDIA's bindings for Python ask `cuGetProcAddress_v2` for each function; here "cuX" is found as `standin_cuX`.

   Source: NVIDIA, CUDA Driver API. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define API(name) __attribute__((visibility("default"))) int standin_##name
#define REGION ((char *)0x7d0000000000ull)
#define SIZE (4ull << 30)

enum { OK = 0, INVALID = 1, OUT_OF_MEMORY = 2, NO_CONTEXT = 201, NO_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
       FAILED = 719, CAPTURED = 900, MERGE = 902, UNJOINED = 904, ISOLATION = 905, IN_CAPTURE = 910 };

typedef uint64_t address;
typedef void *handle;
typedef struct event event;
typedef struct op {
  enum { KERNEL, COPY, SET, RECORD, WAIT, GRAPH, NOTHING } kind;
  int64_t kernel;
  address to, from;
  uint64_t size;
  int value;
  event *event;
  long turn;
  struct ops *graph;
  void *staged;
  struct op *next;
} op;
typedef struct ops { op *first, *last; } ops;
typedef struct stream { ops queue; ops *capture; int origin, priority; } stream;
struct event { int alive, recorded; unsigned flags; ops *capture; stream *on; long turn, done; double time; };
typedef struct block { address start; uint64_t size; int used; struct block *next; } block;

static pthread_mutex_t lock;
static stream standard, *streams[4096] = {&standard}, *joined[4096];
static int stream_count = 1, joined_count, broken, the_context;
static block *blocks;
static uint64_t top, used;
static char *memory;
static __thread handle context;
static __thread int in_kernel;

/* What is told to, and asked of, the program that runs kernels. */
typedef int64_t (*note_kernel)(const char *, const unsigned *);
typedef int (*run_kernel)(int64_t);
typedef void (*forget_kernel)(int64_t);
static note_kernel note;
static run_kernel run;
static forget_kernel forget;
__attribute__((visibility("default"))) int64_t standin_mistakes;
__attribute__((visibility("default"))) void standin_kernels(note_kernel n, run_kernel r, forget_kernel f) { note = n, run = r, forget = f; }

static int mistake(const char *what) {
  fprintf(stderr, "stand-in driver: %s\n", what);
  standin_mistakes++;
  return INVALID;
}

static double milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* -- memory ------------------------------------------------------------------------------------------------------- */

__attribute__((constructor)) static void start(void) {
  pthread_mutexattr_t again;
  pthread_mutexattr_init(&again);
  pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&lock, &again);
  char path[4096];
  const char *name = getenv("STANDIN_MEMORY"); /* and the number of the process: each has a device of its own */
  if (name) snprintf(path, sizeof path, "%s.%d", name, (int)getpid());
  int file = name ? open(path, O_RDWR | O_CREAT, 0600) : memfd_create("memory", 0), shared = MAP_SHARED | MAP_NORESERVE;
  int bad = ftruncate(file, SIZE) || mmap(REGION, SIZE, PROT_NONE, shared | MAP_FIXED_NOREPLACE, file, 0) != REGION;
  if (bad || (memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, shared, file, 0)) == MAP_FAILED)
    fprintf(stderr, "stand-in driver: no memory\n"), abort();
}

/* Where this driver sees an address: one of the device, or of the program. */
static void *at(address a) { return a - (address)REGION < SIZE ? memory + (a - (address)REGION) : (void *)a; }

static block *owner(address a, uint64_t size) {
  for (block *b = blocks; b; b = b->next)
    if (b->used && a >= b->start && a + size <= b->start + b->size) return b;
  return 0;
}

static int finish_all(void);

API(cuMemAlloc)(address *found, size_t size) {
  if (!context) return NO_CONTEXT;
  if (!size) return INVALID;
  size = (size + 511) / 512 * 512;
  pthread_mutex_lock(&lock);
  block *b = blocks;
  while (b && (b->used || b->size != size)) b = b->next;
  if (!b && top + size <= SIZE) {
    b = malloc(sizeof *b);
    *b = (block){(address)REGION + top, size, 0, blocks};
    blocks = b, top += size;
  }
  if (b) b->used = 1, used += size, *found = b->start, memset(at(b->start), 0xAB, size);
  pthread_mutex_unlock(&lock);
  return b ? OK : OUT_OF_MEMORY;
}

API(cuMemFree)(address a) {
  int state = finish_all();
  pthread_mutex_lock(&lock);
  block *b = owner(a, 1);
  if (b && b->start == a) b->used = 0, used -= b->size, memset(at(a), 0xCD, b->size);
  else state = mistake("memory is freed that is none");
  pthread_mutex_unlock(&lock);
  return state;
}

API(cuMemGetInfo)(size_t *left, size_t *all) { *all = SIZE, *left = SIZE - used; return OK; }
API(cuMemGetAddressRange)(address *start, size_t *size, address a) {
  block *b = owner(a, 1);
  if (b && start) *start = b->start;
  if (b && size) *size = b->size;
  return b ? OK : INVALID;
}
static void attribute(int which, void *value, address a) {
  int here = owner(a, 1) != 0;
  if (which == 1) *(handle *)value = here ? &the_context : 0;    /* the context */
  else if (which == 2) *(unsigned *)value = here ? 2 : 0;        /* the kind of memory: a device's */
  else if (which == 3) *(address *)value = here ? a : 0;         /* the device's address */
  else if (which == 9) *(int *)value = here ? 0 : -2;            /* the number of the device */
  else *(int *)value = 0;
}
API(cuPointerGetAttribute)(void *value, int which, address a) { return owner(a, 1) ? attribute(which, value, a), OK : INVALID; }
API(cuPointerGetAttributes)(unsigned count, int *which, void **values, address a) {
  for (unsigned i = 0; i < count; i++) attribute(which[i], values[i], a);
  return OK;
}

/* -- streams ------------------------------------------------------------------------------------------------------ */

static stream *known(handle h) {
  if (h == 0 || h == (handle)1) return &standard;
  for (int i = 0; i < stream_count; i++)
    if (streams[i] == h) return h;
  return 0;
}

static void append(ops *list, op *o) {
  if (list->last) list->last->next = o;
  else list->first = o;
  list->last = o;
}

static int finish(stream *s, event *until, long turn);

static int execute(op *o) {
  int state = OK;
  switch (o->kind) {
    case KERNEL: in_kernel++, state = run ? run(o->kernel) : OK, in_kernel--; return state;
    case COPY: memmove(at(o->to), at(o->from), o->size); return OK;
    case SET: memset(at(o->to), o->value, o->size); return OK;
    case RECORD: if (o->turn > o->event->done) o->event->done = o->turn, o->event->time = milliseconds(); return OK;
    case WAIT: return o->event->done < o->turn ? finish(o->event->on, o->event, o->turn) : OK;
    case GRAPH: for (op *x = o->graph->first; x && !state; x = x->next) state = execute(x); return state;
    default: return OK;
  }
}

/* Do what waits in a stream: all, or until an event has happened. */
static int finish(stream *s, event *until, long turn) {
  if (in_kernel) return broken; /* Python collects garbage wherever it is */
  pthread_mutex_lock(&lock);
  while (!broken && s->queue.first && !(until && until->done >= turn)) {
    op *o = s->queue.first;
    if (!(s->queue.first = o->next)) s->queue.last = 0;
    broken = execute(o);
    if (o->kind == KERNEL && forget) forget(o->kernel);
    free(o->staged), free(o);
  }
  pthread_mutex_unlock(&lock);
  return broken;
}

static int finish_all(void) {
  for (int i = 0; i < stream_count && !broken; i++) finish(streams[i], 0, 0);
  return broken;
}

static int put(handle h, op o) {
  stream *s = known(h);
  if (!s) return mistake("work for a stream that is none");
  if (broken) return broken;
  op *made = malloc(sizeof *made);
  *made = o, made->next = 0;
  pthread_mutex_lock(&lock);
  append(s->capture ? s->capture : &s->queue, made);
  if (!s->capture && o.kind == RECORD && s->queue.first == made) finish(s, 0, 0); /* a GPU with nothing to do is prompt */
  pthread_mutex_unlock(&lock);
  return OK;
}

API(cuStreamCreateWithPriority)(handle *made, unsigned flags, int priority) {
  if (flags != 1) return mistake("a stream that waits for the default one");
  stream *s = calloc(1, sizeof *s);
  s->priority = priority, *made = s;
  pthread_mutex_lock(&lock);
  streams[stream_count++] = s;
  pthread_mutex_unlock(&lock);
  return OK;
}
API(cuStreamSynchronize)(handle h) {
  stream *s = known(h);
  return !s ? mistake("a stream that is none is waited for") : s->capture ? CAPTURED : finish(s, 0, 0);
}
API(cuStreamQuery)(handle h) {
  stream *s = known(h);
  if (!s || s->capture) return s ? CAPTURED : INVALID;
  if (!s->queue.first) return broken;
  return finish(s, 0, 0) ? broken : NOT_READY; /* the next one is told that it is ready */
}
API(cuStreamGetPriority)(handle h, int *priority) { *priority = known(h)->priority; return OK; }
API(cuStreamGetFlags)(handle h, unsigned *flags) { *flags = known(h) == &standard ? 0 : 1; return OK; }
API(cuStreamGetCtx)(handle h, handle *found) { *found = &the_context; return OK; }
API(cuStreamIsCapturing)(handle h, int *state) { *state = known(h)->capture != 0; return OK; }
API(cuStreamGetCaptureInfo)(handle h, int *state) { *state = known(h)->capture != 0; return OK; }
API(cuCtxSynchronize)(void) { return finish_all(); }

/* -- copies: what the program's own memory takes part in is done when the function returns, or was read by then ------ */

static int copy(handle h, address to, address from, size_t size, int to_device, int from_device) {
  if ((to_device && !owner(to, size)) || (from_device && !owner(from, size))) return mistake("a copy beyond the device's memory");
  op o = {.kind = COPY, .to = to, .from = from, .size = size};
  if (!from_device) o.staged = memcpy(malloc(size), (void *)from, size), o.from = (address)o.staged;
  int state = put(h, o);
  return state || to_device ? state : standin_cuStreamSynchronize(h);
}

API(cuMemcpyHtoD)(address to, const void *from, size_t size) { return copy(0, to, (address)from, size, 1, 0); }
API(cuMemcpyDtoH)(void *to, address from, size_t size) { return copy(0, (address)to, from, size, 0, 1); }
API(cuMemcpyDtoD)(address to, address from, size_t size) { return copy(0, to, from, size, 1, 1); }
API(cuMemcpyHtoDAsync)(address to, const void *from, size_t size, handle h) { return copy(h, to, (address)from, size, 1, 0); }
API(cuMemcpyDtoHAsync)(void *to, address from, size_t size, handle h) { return copy(h, (address)to, from, size, 0, 1); }
API(cuMemcpyDtoDAsync)(address to, address from, size_t size, handle h) { return copy(h, to, from, size, 1, 1); }
API(cuMemsetD8Async)(address to, unsigned char value, size_t size, handle h) {
  return owner(to, size) ? put(h, (op){.kind = SET, .to = to, .value = value, .size = size}) : mistake("memory is set that is none");
}
API(cuMemsetD8)(address to, unsigned char value, size_t size) { return standin_cuMemsetD8Async(to, value, size, 0); }

/* -- events ------------------------------------------------------------------------------------------------------- */

static event *marked(handle h) { return h && ((event *)h)->alive == 0xE7 ? h : 0; }

API(cuEventCreate)(handle *made, unsigned flags) {
  event *e = calloc(1, sizeof *e);
  e->alive = 0xE7, e->flags = flags, *made = e;
  return OK;
}
API(cuEventDestroy)(handle h) {
  event *e = marked(h);
  if (!e) return mistake("an event is destroyed that is none");
  if (e->on) finish(e->on, e, e->turn);
  for (int i = 0; i < stream_count; i++)
    for (op *o = streams[i]->queue.first; o; o = o->next)
      if (o->event == e) o->kind = NOTHING;
  e->alive = 0;
  return OK;
}
API(cuEventRecord)(handle h, handle on) {
  event *e = marked(h);
  stream *s = known(on);
  if (!e || !s) return mistake("a mark without event or stream");
  e->recorded = 1;
  if ((e->capture = s->capture)) return OK;
  e->on = s, e->turn++;
  return put(on, (op){.kind = RECORD, .event = e, .turn = e->turn});
}
API(cuStreamWaitEvent)(handle h, handle mark, unsigned flags) {
  event *e = marked(mark);
  stream *s = known(h);
  if (!e || !s) return mistake("a wait without event or stream");
  if (!e->recorded) return OK;
  if (!e->capture) return s->capture ? ISOLATION : put(h, (op){.kind = WAIT, .event = e, .turn = e->turn});
  if (s->capture && s->capture != e->capture) return MERGE;
  if (!s->capture) s->capture = e->capture, joined[joined_count++] = s;
  return OK;
}
API(cuEventQuery)(handle h) {
  event *e = marked(h);
  if (!e || e->capture) return e ? IN_CAPTURE : INVALID;
  if (!e->recorded || e->done >= e->turn) return broken;
  return finish(e->on, e, e->turn) ? broken : NOT_READY;
}
API(cuEventSynchronize)(handle h) {
  event *e = marked(h);
  if (!e) return mistake("an event that is none is waited for");
  return e->capture ? IN_CAPTURE : e->recorded ? finish(e->on, e, e->turn) : OK;
}
API(cuEventElapsedTime)(float *time, handle first, handle second) {
  event *a = marked(first), *b = marked(second);
  if (!a || !b || ((a->flags | b->flags) & 2) || !a->recorded || !b->recorded) return NO_HANDLE;
  if (a->done < a->turn || b->done < b->turn) return NOT_READY;
  *time = b->time - a->time;
  return OK;
}

/* -- graphs ------------------------------------------------------------------------------------------------------- */

API(cuStreamBeginCapture)(handle h, int mode) {
  stream *s = known(h);
  if (!s || s == &standard || s->capture) return CAPTURED;
  s->capture = calloc(1, sizeof(ops)), s->origin = 1;
  return OK;
}
API(cuStreamEndCapture)(handle h, handle *graph) {
  stream *s = known(h);
  if (!s || !s->capture || !s->origin) return UNJOINED;
  *graph = s->capture;
  for (int i = 0; i < joined_count; i++)
    if (joined[i]->capture == *graph) joined[i]->capture = 0;
  s->capture = 0, s->origin = 0;
  return OK;
}
API(cuGraphInstantiate)(handle *made, handle graph, unsigned long long flags) {
  ops *list = calloc(1, sizeof *list);
  for (op *o = ((ops *)graph)->first; o; o = o->next) {
    op *again = malloc(sizeof *again);
    *again = *o, again->next = 0;
    append(list, again);
  }
  *made = list;
  return OK;
}
API(cuGraphInstantiateWithFlags)(handle *made, handle graph, unsigned long long flags) { return standin_cuGraphInstantiate(made, graph, flags); }
API(cuGraphLaunch)(handle graph, handle h) { return known(h) && known(h)->capture ? CAPTURED : put(h, (op){.kind = GRAPH, .graph = graph}); }
API(cuGraphDestroy)(handle graph) { return OK; }
API(cuGraphExecDestroy)(handle graph) { return finish_all(); }

/* -- kernels ------------------------------------------------------------------------------------------------------ */

API(cuLibraryLoadData)(handle *made, const void *code, void *a, void *b, unsigned n, void *c, void *d, unsigned m) {
  *made = malloc(1);
  return memcmp(code, "\177ELF", 4) ? mistake("code that is not assembled for a GPU") : OK;
}
API(cuLibraryUnload)(handle library) { return OK; }
API(cuLibraryGetKernel)(handle *kernel, handle library, const char *name) { *kernel = strdup(name); return OK; }
API(cuLibraryGetModule)(handle *module, handle library) { *module = library; return OK; }
API(cuLibraryGetGlobal)(address *a, size_t *size, handle library, const char *name) { return NOT_FOUND; }
API(cuKernelGetFunction)(handle *function, handle kernel) { *function = kernel; return OK; }
API(cuKernelGetLibrary)(handle *library, handle kernel) { *library = 0; return OK; }
API(cuKernelGetName)(const char **name, handle kernel) { *name = kernel; return OK; }
API(cuKernelSetCacheConfig)(handle kernel, int config, int device) { return OK; }
API(cuKernelSetAttribute)(int which, int value, handle kernel, int device) { return OK; }
API(cuFuncSetAttribute)(handle function, int which, int value) { return OK; }
API(cuFuncGetAttribute)(int *value, int which, handle function) {
  *value = which == 0 ? 1024 : which == 4 ? 32 : which == 5 || which == 6 ? 90 : 0; /* threads of a block, registers, versions */
  return OK;
}
API(cuKernelGetAttribute)(int *value, int which, handle kernel, int device) { return standin_cuFuncGetAttribute(value, which, kernel); }
API(cuOccupancyMaxActiveBlocksPerMultiprocessor)(int *count, handle function, int threads, size_t shared) { *count = 8; return OK; }

static int launch(const char *name, unsigned *shape, handle h) {
  unsigned threads = shape[3] * shape[4] * shape[5];
  if (!context) return NO_CONTEXT;
  if (!shape[0] || !shape[1] || !shape[2] || shape[1] > 65535 || shape[2] > 65535 || !threads || threads > 1024 || shape[5] > 64)
    return mistake("a launch of no blocks, or of too many threads");
  return put(h, (op){.kind = KERNEL, .kernel = note ? note(name, shape) : 0});
}
API(cuLaunchKernel)(handle f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, handle h) {
  return launch(f, (unsigned[]){gx, gy, gz, bx, by, bz}, h);
}
typedef struct { unsigned shape[6], shared; handle stream; } launch_config;
API(cuLaunchKernelEx)(launch_config *config, handle f) { return launch(f, config->shape, config->stream); }

/* -- the device: a Hopper, as far as it is asked ---------------------------------------------------------------------- */

API(cuInit)(unsigned flags) { return OK; }
API(cuDriverGetVersion)(int *version) { *version = 13000; return OK; }
API(cuDeviceGet)(int *device, int number) { *device = number; return number ? 101 : OK; }
API(cuDeviceGetCount)(int *count) { *count = 1; return OK; }
API(cuDeviceGetName)(char *name, int size, int device) { snprintf(name, size, "a stand-in"); return OK; }
API(cuDeviceGetUuid)(char *id, int device) { memset(id, 7, 16); return OK; }
API(cuDeviceTotalMem)(size_t *size, int device) { *size = SIZE; return OK; }
API(cuDeviceGetAttribute)(int *value, int which, int device) {
  static const struct { int which, value; } known[] = {
      {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535}, {8, 49152}, {10, 32}, {12, 65536},
      {16, 132}, {39, 2048}, {75, 9}, {76, 0}, {81, 233472}, {82, 65536}, {97, 232448}};
  *value = 1;
  for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].which == which) *value = known[i].value;
  return OK;
}
API(cuDevicePrimaryCtxRetain)(handle *found, int device) { *found = &the_context; return OK; }
API(cuDevicePrimaryCtxRelease)(int device) { return OK; }
API(cuDevicePrimaryCtxReset)(int device) { return OK; }
API(cuDevicePrimaryCtxSetFlags)(int device, unsigned flags) { return OK; }
API(cuDevicePrimaryCtxGetState)(int device, unsigned *flags, int *active) { *flags = 0, *active = 1; return OK; }
API(cuCtxGetCurrent)(handle *found) { *found = context; return OK; }
API(cuCtxSetCurrent)(handle wanted) { context = wanted; return OK; }
API(cuCtxPushCurrent)(handle wanted) { context = wanted; return OK; }
API(cuCtxPopCurrent)(handle *found) { if (found) *found = context; return OK; }
API(cuCtxGetDevice)(int *device) { *device = 0; return context ? OK : NO_CONTEXT; }
API(cuCtxGetStreamPriorityRange)(int *least, int *greatest) { *least = 0, *greatest = -5; return OK; }
API(cuGetErrorName)(int state, const char **name) { *name = "CUDA_ERROR"; return OK; }
API(cuGetErrorString)(int state, const char **text) { *text = "an error of the stand-in driver"; return OK; }

__attribute__((visibility("default"))) int cuGetProcAddress_v2(const char *name, void **found, int version, uint64_t flags, int *state) {
  static void *self;
  Dl_info here;
  char ours[128];
  if (!self && dladdr((void *)cuGetProcAddress_v2, &here)) self = dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  snprintf(ours, sizeof ours, "standin_%s", name);
  *found = dlsym(self, ours);
  if (state) *state = !*found;
  return *found ? OK : NOT_FOUND;
}
API(cuGetProcAddress)(const char *name, void **found, int version, uint64_t flags, int *state) {
  return cuGetProcAddress_v2(name, found, version, flags, state);
}

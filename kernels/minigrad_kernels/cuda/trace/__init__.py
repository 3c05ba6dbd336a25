"""Every access that the threads of a kernel make to memory, written down in order.

    recorded = trace(add, 2, 32, z, x, y)      # in place of add[2, 32](z, x, y)
    recorded.accesses[0]                       # Access(kind='load', space='global', array='x', index=(0,), …)
    races(recorded)                            # `transactions`, `bank_conflicts`, `out_of_range`, `divergence` likewise

The kernel is run in the simulator on arrays that note what is read and written (`arrays`), and on copies: the arrays that
were given stay as they are. The threads of a GPU would make the same accesses, in some other order between two barriers.

What lies beyond the end of an array is noted, too: a GPU would touch foreign memory there. Here a load gives zero, a store is
dropped, and the run goes on. A negative index counts from the end, as Numba has it.
"""

from minigrad_kernels.cuda.trace.order import races as races
from minigrad_kernels.cuda.trace.patterns import BankAccess as BankAccess
from minigrad_kernels.cuda.trace.patterns import Divergence as Divergence
from minigrad_kernels.cuda.trace.patterns import Race as Race
from minigrad_kernels.cuda.trace.patterns import Transaction as Transaction
from minigrad_kernels.cuda.trace.patterns import bank_accesses as bank_accesses
from minigrad_kernels.cuda.trace.patterns import bank_conflicts as bank_conflicts
from minigrad_kernels.cuda.trace.patterns import divergence as divergence
from minigrad_kernels.cuda.trace.patterns import efficiency as efficiency
from minigrad_kernels.cuda.trace.patterns import out_of_range as out_of_range
from minigrad_kernels.cuda.trace.patterns import transactions as transactions
from minigrad_kernels.cuda.trace.record import Access as Access
from minigrad_kernels.cuda.trace.record import Barrier as Barrier
from minigrad_kernels.cuda.trace.record import Layout as Layout
from minigrad_kernels.cuda.trace.record import Trace as Trace
from minigrad_kernels.cuda.trace.recorder import trace as trace

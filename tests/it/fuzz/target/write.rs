//! Any write: it is taken exactly where the oracle takes it, and what was read from the wire is written to it the same.

use dopusk::api::{convert, pb};
use dopusk::domain::Operation;
use dopusk::snapshot::Snapshot;
use prost::Message as _;

use super::{Fate, company};
use crate::oracle::Oracle;

thread_local! {
    static TWINS: (Snapshot, Oracle) = company::twins();
}

pub(super) fn take(bytes: &[u8]) -> Fate {
    let Ok(request) = pb::WriteRequest::decode(bytes) else { return Fate::Refused };
    let parsed = request.operations.iter().map(|it| convert::operation(it, "operations[0]"));
    let Ok(operations) = parsed.collect::<Result<Vec<Operation>, _>>() else { return Fate::Refused };
    for operation in &operations {
        let again = convert::operation(&convert::operation_to_wire(operation), "operations[0]");
        assert_eq!(again.as_ref(), Ok(operation), "an operation on its way over the wire");
    }
    TWINS.with(|(snapshot, oracle)| {
        let (wanted, found) = (oracle.write(&operations), snapshot.apply(&operations));
        assert_eq!(wanted.is_ok(), found.is_ok(), "{wanted:?}, {:?}", found.as_ref().err());
        if let (Ok(wanted), Ok(found)) = (&wanted, &found) {
            for object in wanted.objects() {
                assert_eq!(found.snapshot.get(&object.key()), Some(object), "an object that was written");
            }
        }
        found.is_ok().into()
    })
}

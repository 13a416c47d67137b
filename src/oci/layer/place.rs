//! Where a layer is unpacked: by whoever looks at what is in it, or elsewhere, ahead of it.

use std::io::Read;

use crate::oci::tar::Blocks;

/// A place to unpack in: [`Here`], or one that has a thread of its own.
pub trait Place<'a> {
    /// What comes from there.
    type Unpacked<R: Read + Send + 'a>: Unpacked<R>;

    /// Reads from `reader` there.
    fn unpack<R: Read + Send + 'a>(self, reader: R) -> Self::Unpacked<R>;
}

/// The blocks of a reader that comes back in the end.
pub trait Unpacked<R>: Blocks {
    /// The reader, as far as it was read: further than the last block, it may be.
    fn into_inner(self) -> R;
}

/// Where what is unpacked is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Here;

impl<'a> Place<'a> for Here {
    type Unpacked<R: Read + Send + 'a> = R;

    fn unpack<R: Read + Send + 'a>(self, reader: R) -> R {
        reader
    }
}

impl<R: Read> Unpacked<R> for R {
    fn into_inner(self) -> R {
        self
    }
}

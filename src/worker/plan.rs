//! A candidate's steps as bytes: the format in which the reader passes them to the runner.
//!
//! Number of steps, then offset and length of each, then their code. Steps are equal if their bytes are equal; this
//! decides how many steps of an edited candidate need not be run again.

use std::io;

use cadforge_platform::linux::MemoryFile;

/// All steps, for comparison by the supervisor.
pub(crate) struct Plan {
    steps: Vec<Vec<u8>>,
}

/// More steps than any candidate of a reasonable length has.
const MAX_STEPS: u32 = 1 << 20;

impl Plan {
    pub(crate) fn write(file: &mut MemoryFile, steps: &[Vec<u8>]) -> io::Result<u32> {
        use std::io::Write;
        let count = u32::try_from(steps.len()).map_err(io::Error::other)?;
        let mut at = 8 + 16 * steps.len() as u64;
        let mut table = Vec::with_capacity(at as usize);
        table.extend(u64::from(count).to_le_bytes());
        for step in steps {
            table.extend(at.to_le_bytes());
            table.extend((step.len() as u64).to_le_bytes());
            at += step.len() as u64;
        }
        file.file().write_all(&table)?;
        for step in steps {
            file.file().write_all(step)?;
        }
        Ok(count)
    }

    /// Offset and length of a step; `None` past the last one. Allocates nothing.
    pub(crate) fn entry(file: &MemoryFile, step: u32) -> io::Result<Option<(u64, usize)>> {
        let number = |at: u64| {
            let mut bytes = [0; 8];
            file.read_exact_at(&mut bytes, at)?;
            io::Result::Ok(u64::from_le_bytes(bytes))
        };
        if u64::from(step) >= number(0)? {
            return Ok(None);
        }
        let entry = 8 + 16 * u64::from(step);
        Ok(Some((number(entry)?, number(entry + 8)? as usize)))
    }

    pub(crate) fn read(file: &MemoryFile) -> io::Result<Self> {
        let mut steps = Vec::new();
        let length = file.size()?;
        while let Some((at, size)) = Self::entry(file, steps.len() as u32)? {
            if steps.len() as u32 >= MAX_STEPS || at.saturating_add(size as u64) > length {
                return Err(io::Error::other("malformed plan"));
            }
            let mut step = vec![0; size];
            file.read_exact_at(&mut step, at)?;
            steps.push(step);
        }
        Ok(Self { steps })
    }

    pub(crate) fn shares(&self, other: &Self, count: u32) -> bool {
        let count = count as usize;
        self.steps.len() >= count && other.steps.len() >= count && self.steps[..count] == other.steps[..count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &[&[u8]]) -> (MemoryFile, Plan) {
        let mut file = MemoryFile::new("plan").unwrap();
        let steps: Vec<Vec<u8>> = steps.iter().map(|step| step.to_vec()).collect();
        assert_eq!(Plan::write(&mut file, &steps).unwrap(), steps.len() as u32);
        let plan = Plan::read(&file).unwrap();
        (file, plan)
    }

    #[test]
    fn steps_round_trip() {
        let (file, plan) = plan(&[b"one", b"", b"three"]);
        assert_eq!(plan.steps, [b"one".to_vec(), b"".to_vec(), b"three".to_vec()]);
        assert_eq!(Plan::entry(&file, 2).unwrap(), Some((59, 5)));
        assert_eq!(Plan::entry(&file, 3).unwrap(), None);
    }

    #[test]
    fn plans_share_their_common_prefix() {
        let ((_, one), (_, other)) = (plan(&[b"a", b"b", b"c"]), plan(&[b"a", b"b", b"d"]));
        let shared: Vec<bool> = (0..=4).map(|count| one.shares(&other, count)).collect();
        assert_eq!(shared, [true, true, true, false, false]);
    }
}

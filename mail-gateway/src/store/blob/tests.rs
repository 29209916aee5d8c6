use super::*;

/// What lies in the accept log of `directory`.
fn segments(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory.join("new")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect()
}

/// Stores `bodies` and answers a copy of the folder as a power cut before unpacking leaves it.
async fn cut_off(bodies: &[&'static [u8]]) -> (tempfile::TempDir, Vec<BlobId>) {
    let (living, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let blobs = Blobs::open(living.path()).unwrap();
    let mut stored = Vec::new();
    for body in bodies {
        stored.push(blobs.put(Bytes::from_static(body)).await.unwrap());
    }
    fs::create_dir_all(dead.path().join("new")).unwrap();
    for path in segments(living.path()) {
        fs::copy(&path, dead.path().join("new").join(path.file_name().unwrap())).unwrap();
    }
    (dead, stored)
}

#[tokio::test]
async fn a_stored_body_is_read_before_and_after_it_settles() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let small = blobs.put(Bytes::from_static(b"thu nho")).await.unwrap();
    let large = blobs.put(Bytes::from(vec![b'x'; SMALL + 1])).await.unwrap();
    assert!(!blobs.path(&small).exists(), "it waits in the log");
    for _ in 0..2 {
        assert!(blobs.exists(&small).await && blobs.exists(&large).await);
        assert_eq!(blobs.read(&small).await.unwrap(), "thu nho");
        assert_eq!(blobs.read(&large).await.unwrap().len(), SMALL + 1);
        assert_eq!(blobs.put(Bytes::from_static(b"thu nho")).await.unwrap(), small);
        blobs.settle().await.unwrap();
        assert!(blobs.path(&small).exists());
        assert_eq!(segments(folder.path()), [] as [PathBuf; 0], "an unpacked segment is gone");
    }
}

#[tokio::test]
async fn a_store_opened_while_the_last_one_ends_reads_everything() {
    let folder = tempfile::tempdir().unwrap();
    let first = Blobs::open(folder.path()).unwrap();
    let blob = first.put(Bytes::from_static(b"thu")).await.unwrap();
    drop(first);
    let second = Blobs::open(folder.path()).unwrap();
    assert_eq!(second.read(&blob).await.unwrap(), "thu");
}

#[tokio::test]
async fn what_was_stored_before_a_power_cut_is_there_once_and_a_torn_end_is_not() {
    let (dead, stored) = cut_off(&[b"mot", b"hai", b"ba"]).await;
    let segment = segments(dead.path()).pop().unwrap();
    // The cut came while a further group was written: half a record stands at the end.
    let whole = fs::read(&segment).unwrap();
    let torn = [&whole[..], &whole[..whole.len() / 5]].concat();
    fs::write(&segment, &torn).unwrap();
    let blobs = Blobs::open(dead.path()).unwrap();
    for (blob, body) in stored.iter().zip(["mot", "hai", "ba"]) {
        assert_eq!(blobs.read(blob).await.unwrap(), body);
    }
    assert_eq!(segments(dead.path()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_power_cut_while_unpacking_leaves_no_torn_body() {
    let (dead, stored) = cut_off(&[b"mot", b"hai"]).await;
    // One file has its name and length and not its octets, the other is whole.
    for (blob, octets) in stored.iter().zip([b"\0\0\0", b"hai"]) {
        let path = path_in(dead.path(), blob);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, octets).unwrap();
    }
    let blobs = Blobs::open(dead.path()).unwrap();
    assert_eq!(blobs.read(&stored[0]).await.unwrap(), "mot");
    assert_eq!(blobs.read(&stored[1]).await.unwrap(), "hai");
}

#[tokio::test]
async fn bodies_of_one_moment_share_a_file_and_one_that_goes_gives_its_room_back() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let mut stored = Vec::new();
    for n in 0..20u8 {
        stored.push(blobs.put(Bytes::from(vec![n; 100_000])).await.unwrap());
    }
    blobs.settle().await.unwrap();
    let file = |blob: &BlobId| fs::metadata(blobs.path(blob)).unwrap();
    let first = file(&stored[0]);
    assert!(stored.iter().all(|blob| file(blob).ino() == first.ino()), "no file was made for each");
    blobs.fresh.lock().unwrap().clear();
    for gone in &stored[..19] {
        blobs.remove(gone.clone()).await.unwrap();
        assert!(!blobs.exists(gone).await);
        assert!(matches!(blobs.read(gone).await, Err(StoreError::MissingBlob(_))));
    }
    let last = &stored[19];
    assert!(file(last).blocks() * 4 < first.blocks(), "{} of {}", file(last).blocks(), first.blocks());
    assert_eq!(blobs.read(last).await.unwrap(), vec![19; 100_000]);
    assert_eq!(blobs.put(Bytes::from(vec![3; 100_000])).await.unwrap(), stored[3], "it may come again");
    drop(blobs);
    let blobs = Blobs::open(folder.path()).unwrap();
    assert_eq!(blobs.read(&stored[3]).await.unwrap(), vec![3; 100_000]);
    let copy = tempfile::tempdir().unwrap();
    blobs.copy_to(copy.path()).await.unwrap();
    assert_eq!(fs::read(path_in(copy.path(), last)).unwrap(), vec![19; 100_000], "a copy has each alone");
    assert_eq!(Blobs::open(copy.path()).unwrap().read(last).await.unwrap(), vec![19; 100_000]);
}

#[test]
fn fuzz_any_octets_under_the_name_of_a_body_are_an_error_or_octets() {
    bolero::check!().with_type::<(Vec<u8>, Vec<u8>, u64)>().for_each(|(octets, entries, count)| {
        let folder = tempfile::tempdir().unwrap();
        let blob = BlobId::of(octets);
        let path = folder.path().join(blob.as_str());
        let entry = [blob.as_str().as_bytes(), entries, b"LTBINDEX", &count.to_le_bytes()].concat();
        for all in [octets.clone(), [&octets[..], &entry].concat()] {
            fs::write(&path, &all).unwrap();
            if let Ok(read) = pack::read(&path, &blob) {
                assert!(read.len() <= all.len());
            }
            let _ = pack::holds(&path, &blob, octets.len());
            pack::remove(&path, &blob).or_else(|_| fs::remove_file(&path)).unwrap();
        }
    });
}

#[test]
fn fuzz_any_octets_are_a_segment_without_strange_bodies() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|octets| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, octets).unwrap();
        let file = Arc::new(fs::File::open(&path).unwrap());
        for (blob, place) in segment::records(&file).unwrap() {
            assert_eq!(BlobId::of(&place.read().unwrap()), blob);
        }
    });
}

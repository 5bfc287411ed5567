//! Pictures and files at the door (INB-7): taken in whole or in pieces, shown to whoever may see their conversation, and named,
//! like cards and quotes, by the messages they go along with.
//!
//! Never trusts a hash: a file is there for a conversation only where a row of that conversation says so, and is shown only while a
//! message that names it is, or, until it is sent, to the side that uploaded it.

use super::credential::Staff;
use super::text::MadeWith;
use super::{Door, check_name, check_text};
use crate::domain::content::{Attachment, Card, Extra, FileHash};
use crate::domain::event::Author;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::domain::order::order_key;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::suggestion::{Adopted, OfferNo};
use crate::domain::view::Principal;
use crate::domain::{Effect, conversation};
use crate::files::upload::{self, Incoming, Pieces, UploadId, Whose};
use crate::files::{self, Contents, sniff};
use crate::limits;
use crate::store::Store;
use bytes::Bytes;
use futures_util::StreamExt;
use std::borrow::Cow;
use std::sync::Arc;

/// What goes along with the text of a message, as its writer names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// Files stored for this conversation.
    pub files: Vec<FileHash>,
    pub card: Option<Card>,
    /// The number of the quoted message.
    pub quote: Option<u64>,
    /// Of staff only.
    pub made_with: Option<MadeWith>,
    /// The offer of an assistant and its item, from 0, that an answer of staff was made with.
    pub suggestion: Option<(OfferNo, u8)>,
}

impl With {
    /// Refuses what is too much or too long; a text may be missing where a file or a card stands for it.
    pub(super) fn check(&self, text: &str) -> Result<(), Refusal> {
        if !text.is_empty() || (self.files.is_empty() && self.card.is_none()) {
            check_text("text", text, limits::MESSAGE_CHARS_MAX)?;
        }
        if self.files.len() > limits::FILES_PER_MESSAGE_MAX {
            return Err(Refusal::Invalid { field: "files", problem: format!("at most {}", limits::FILES_PER_MESSAGE_MAX) });
        }
        if self.files.iter().enumerate().any(|(at, hash)| self.files[..at].contains(hash)) {
            return Err(Refusal::Invalid { field: "files", problem: "the same file is named twice".into() });
        }
        if self.made_with.is_some() && self.suggestion.is_some() {
            let problem = "an answer is made with a text of the shop or with a suggestion; name one".into();
            return Err(Refusal::Invalid { field: "suggestion", problem });
        }
        match &self.card {
            Some(Card::Order { order }) => check_name("card", order),
            Some(Card::Product { product, title }) => {
                check_name("card", product)?;
                check_text("card", title, limits::CARD_TITLE_CHARS_MAX)
            }
            None => Ok(()),
        }
    }

    /// What a retry must repeat: the text, and what goes along.
    pub(super) fn covering<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if *self == With::default() { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\0{self:?}")) }
    }
}

/// Who writes.
pub(super) enum Sender {
    Buyer,
    Staff(Staff),
}

/// An upload in pieces, and how far it is.
#[derive(Clone, Debug)]
pub struct Uploading {
    pub id: UploadId,
    pub name: String,
    pub size: u64,
    pub received: u64,
    pub until: Millis,
}

fn uploading(id: UploadId, pieces: &Pieces) -> Uploading {
    Uploading { id, name: pieces.name.clone(), size: pieces.size, received: pieces.received(), until: pieces.until }
}

/// How a failure of the store of files is told. Not a `From`: one more would leave `?` guessing elsewhere.
fn refusal(error: files::Error) -> Refusal {
    use files::Error as E;
    let problem = error.to_string();
    match error {
        E::NotFound => Refusal::NotFound { what: "file" },
        E::Unwanted(_) | E::TooLarge { .. } => Refusal::Invalid { field: "file", problem },
        E::Offset { .. } => Refusal::Invalid { field: "offset", problem },
        E::Full => Refusal::Overloaded { retry_after_s: 10 },
        E::Io { ref source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Refusal::DiskLow,
        E::Io { .. } | E::Store(_) | E::Interrupted => {
            tracing::error!(error = problem, "the store of files failed");
            Refusal::Internal
        }
    }
}

/// Takes the bytes of one request with a file, or a piece of one. Dropping it leaves what was written.
pub struct Receiving(upload::Receiving);

impl Receiving {
    pub async fn take(&mut self, piece: Bytes) -> Result<(), Refusal> {
        self.0.take(piece).await.map_err(refusal)
    }

    /// Everything taken so far is kept.
    pub async fn flush(&mut self) -> Result<(), Refusal> {
        self.0.flush().await.map_err(refusal)
    }
}

const NO_UPLOAD: Refusal = Refusal::NotFound { what: "upload" };

// Taking in.
impl Door {
    /// Whose files these are; `of`: None: the buyer's own conversation. Staff must see the conversation, and `needs` more.
    fn whose(&self, who: &Principal, of: Option<ConversationId>, needs: Option<Permission>) -> Result<Whose, Refusal> {
        let Some(conversation) = of else {
            let buyer = self.buyer(who)?;
            return Ok(Whose { scope: buyer.scope, conversation: buyer.conversation, by: Author::Buyer });
        };
        let staff = match needs {
            Some(needs) => self.staff_who_may(who, needs)?,
            None => self.reader(who)?,
        };
        self.visible(staff, conversation)?;
        Ok(Whose { scope: staff.scope, conversation, by: Author::Agent(staff.agent) })
    }

    /// Whoever may add one more file now.
    fn adds(&self, who: &Principal, of: Option<ConversationId>) -> Result<Whose, Refusal> {
        let whose = self.whose(who, of, Some(Permission::Serve))?;
        self.permit()?;
        if whose.by == Author::Buyer {
            self.bucket(whose.scope, whose.conversation)?;
        }
        let most = limits::FILES_PER_CONVERSATION_MAX;
        if self.read(|store| store.files_stored(whose.scope, whose.conversation, most))? >= most {
            return Err(Refusal::LimitReached { what: "files of this conversation", limit: most as u64 });
        }
        Ok(whose)
    }

    /// Makes room for a file that comes whole; `bytes`: as announced.
    pub fn receive_file(&self, who: &Principal, of: Option<ConversationId>, bytes: Option<u64>) -> Result<Receiving, Refusal> {
        self.adds(who, of)?;
        let bytes = bytes.unwrap_or(limits::FILE_BYTES_MAX).min(limits::FILE_BYTES_MAX);
        let incoming = self.inner.files.uploads.receive(bytes).map_err(refusal)?;
        Ok(Receiving(upload::Receiving::at(incoming, 0)))
    }

    /// Stores a file that has come whole.
    pub async fn keep_file(
        &self,
        who: &Principal,
        of: Option<ConversationId>,
        received: Receiving,
        name: &str,
    ) -> Result<Attachment, Refusal> {
        let whose = self.whose(who, of, Some(Permission::Serve))?;
        self.keep(whose, &received.0.finish().await.map_err(refusal)?, name).await
    }

    /// Begins an upload in pieces.
    pub fn begin_upload(&self, who: &Principal, of: Option<ConversationId>, name: String, size: u64) -> Result<Uploading, Refusal> {
        if size == 0 || size > limits::FILE_BYTES_MAX {
            return Err(Refusal::Invalid { field: "size", problem: format!("1 to {} bytes", limits::FILE_BYTES_MAX) });
        }
        let whose = self.adds(who, of)?;
        let begun = self.inner.files.uploads.begin(whose, name, size, self.now()).map_err(refusal)?;
        let most = limits::UPLOADS_EACH_MAX as u64;
        let (id, pieces) = begun.ok_or(Refusal::LimitReached { what: "uploads", limit: most })?;
        Ok(uploading(id, &pieces))
    }

    fn pieces(&self, who: &Principal, of: Option<ConversationId>, id: UploadId) -> Result<(Whose, Pieces), Refusal> {
        let whose = self.whose(who, of, Some(Permission::Serve))?;
        let pieces = self.inner.files.uploads.of(whose, id, self.now()).ok_or(NO_UPLOAD)?;
        Ok((whose, pieces))
    }

    /// How far an upload is.
    pub fn upload(&self, who: &Principal, of: Option<ConversationId>, id: UploadId) -> Result<Uploading, Refusal> {
        Ok(uploading(id, &self.pieces(who, of, id)?.1))
    }

    /// One's own uploads into a conversation that are not complete yet, the newest first: never more than a few.
    pub fn uploads(&self, who: &Principal, of: Option<ConversationId>) -> Result<Vec<Uploading>, Refusal> {
        let whose = self.whose(who, of, Some(Permission::Serve))?;
        Ok(self.inner.files.uploads.all_of(whose, self.now()).iter().map(|(id, pieces)| uploading(*id, pieces)).collect())
    }

    /// Gives an upload up: what has arrived of it is removed, and there is room for another.
    pub fn give_up_upload(&self, who: &Principal, of: Option<ConversationId>, id: UploadId) -> Result<(), Refusal> {
        self.pieces(who, of, id)?;
        self.inner.files.uploads.forget(id);
        Ok(())
    }

    /// The next piece of an upload begins at byte `offset`.
    pub fn resume_upload(&self, who: &Principal, of: Option<ConversationId>, id: UploadId, offset: u64) -> Result<Receiving, Refusal> {
        let (_, pieces) = self.pieces(who, of, id)?;
        self.permit()?;
        let next = pieces.received();
        match pieces.incoming {
            Some(incoming) if offset == next => Ok(Receiving(upload::Receiving::at(incoming, offset))),
            _ => Err(refusal(files::Error::Offset { next })),
        }
    }

    /// Stores an upload that is whole. Asked again it says the same.
    pub async fn complete_upload(&self, who: &Principal, of: Option<ConversationId>, id: UploadId) -> Result<Attachment, Refusal> {
        let (whose, pieces) = self.pieces(who, of, id)?;
        if let Some(kept) = pieces.kept {
            return Ok(kept);
        }
        let incoming = pieces.incoming.ok_or(NO_UPLOAD)?;
        let received = incoming.received();
        if received != pieces.size {
            let problem = format!("{received} of {} bytes have arrived; send the rest first", pieces.size);
            return Err(Refusal::Invalid { field: "size", problem });
        }
        let uploads = &self.inner.files.uploads;
        match self.keep(whose, &incoming, &pieces.name).await {
            Ok(kept) => {
                uploads.complete(id, &kept);
                Ok(kept)
            }
            // It will not become acceptable.
            Err(unwanted @ Refusal::Invalid { .. }) => {
                uploads.forget(id);
                Err(unwanted)
            }
            Err(other) => Err(other),
        }
    }

    /// Stores what has arrived, then says so in the conversation: in this order, so that a crash between the two leaves no name
    /// without its file.
    async fn keep(&self, whose: Whose, incoming: &Arc<Incoming>, name: &str) -> Result<Attachment, Refusal> {
        let Whose { scope, conversation, by } = whose;
        let (hash, found) = incoming.look().await.map_err(refusal)?;
        let name = sniff::harmless_name(name, found.kind);
        let file = Attachment { hash, kind: found.kind, bytes: incoming.received(), name, size: found.size };
        let _held = self.inner.files.hold(&hash).await;
        let to_buyer = by == Author::Buyer;
        if self.read(|store| store.file_shown(scope, conversation, &hash, to_buyer))?.as_ref() == Some(&file) {
            return Ok(file);
        }
        self.inner.files.put(scope, &hash, incoming).await.map_err(refusal)?;
        let command = conversation::Command::AddFile { file: file.clone(), by };
        self.submit(Effect::Conversation(scope, conversation, command)).await?;
        Ok(file)
    }
}

// Showing and removing.
impl Door {
    /// A file of a conversation that the caller may see, and its bytes.
    pub async fn file(&self, who: &Principal, of: Option<ConversationId>, hash: &FileHash) -> Result<(Attachment, Contents), Refusal> {
        let whose = self.whose(who, of, None)?;
        let to_buyer = whose.by == Author::Buyer;
        let known = self.read(|store| store.file_shown(whose.scope, whose.conversation, hash, to_buyer))?;
        let file = known.ok_or(Refusal::NotFound { what: "file" })?;
        let contents = self.inner.files.get(whose.scope, hash).await.map_err(|error| {
            if matches!(error, files::Error::NotFound) {
                tracing::error!(shop = whose.scope.number(), "a file that a row names is not there");
            }
            refusal(error)
        })?;
        Ok((file, contents))
    }

    /// Deletes a file if no conversation of the shop has it any more. True: it was deleted.
    async fn remove_if_unused(&self, scope: ShopScope, hash: &FileHash) -> Result<bool, Refusal> {
        let used = || self.read(|store| store.file_used(scope, hash));
        self.inner.files.remove_if_unused(scope, hash, used).await?.map_err(refusal)
    }

    /// Deletes what the conversations erased meanwhile had and no other has (INB-12). After a failure the file waits again.
    pub async fn remove_lost_files(&self) -> Result<(), Refusal> {
        let lost = &self.inner.registry.lost;
        while let Some((scope, hash)) = lost.take() {
            if let Err(refusal) = self.remove_if_unused(scope, &hash).await {
                lost.add(scope, [hash]);
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Looks through the folder of files for those that nothing names, which a crash may have left, and deletes them.
    pub async fn remove_nameless_files(&self) -> Result<usize, Refusal> {
        let mut removed = 0;
        for scope in self.read(|store| store.shops())? {
            let mut files = self.inner.files.of_shop(scope);
            while let Some(found) = files.next().await {
                removed += usize::from(self.remove_if_unused(scope, &found.map_err(refusal)?).await?);
            }
        }
        Ok(removed)
    }

    /// What a message carries, from what its writer named: only what belongs to this conversation.
    pub(super) fn carried(
        &self,
        by: Sender,
        scope: ShopScope,
        conversation: ConversationId,
        with: With,
    ) -> Result<Option<Box<Extra>>, Refusal> {
        if with == With::default() {
            return Ok(None);
        }
        let to_buyer = matches!(by, Sender::Buyer);
        let made_with = match (by, with.made_with) {
            (Sender::Staff(staff), made) => {
                self.visible(staff, conversation)?;
                made.map(|made| self.text_ref(staff, made)).transpose()?
            }
            (Sender::Buyer, _) => None,
        };
        let mut attachments = Vec::with_capacity(with.files.len());
        for hash in &with.files {
            let known = self.read(|store| store.file_shown(scope, conversation, hash, to_buyer))?;
            let problem = || "no such file was stored for this conversation; upload it first".into();
            attachments.push(known.ok_or_else(|| Refusal::Invalid { field: "files", problem: problem() })?);
        }
        if let Some(Card::Order { order }) = &with.card {
            let known = self.read(|store| store.order(scope, order_key(scope, order)))?;
            if known.and_then(|order| order.conversation) != Some(conversation) {
                return Err(Refusal::Invalid { field: "card", problem: "this buyer has no such order".into() });
            }
        }
        // What the writer is not shown cannot be quoted: to staff what a blacklisted buyer wrote is as if it were not there, to the
        // buyer it is there as ever.
        if let Some(quote) = with.quote {
            let page = |store: &Store, after| match to_buyer {
                true => store.buyer_messages(scope, conversation, after, 1),
                false => store.messages(scope, conversation, after, 1),
            };
            let found = quote.checked_sub(1).map(|after| self.read(|store| page(store, after))).transpose()?;
            let quoted = found.and_then(|mut page| page.pop()).filter(|message| message.seq == quote && !message.recalled);
            if quoted.is_none() {
                return Err(Refusal::Invalid { field: "quote", problem: "there is no such message in this conversation".into() });
            }
        }
        // Whether it was edited, and still counts, only the conversation can say.
        let suggestion = with.suggestion.filter(|_| !to_buyer).map(|(offer, item)| Adopted { offer, item, edited: false });
        Ok(Extra { attachments, card: with.card, quote: with.quote, made_with, suggestion, ..Extra::default() }.boxed())
    }
}

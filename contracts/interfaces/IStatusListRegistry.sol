// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAuthorization} from "./IAuthorization.sol";

/// @title IStatusListRegistry
/// @notice Status lists of issuer DIDs: registration of credentials, revocation, suspension. Domain of
/// signatures: `StatusListRegistry`, version `1`, this chain, this contract. Delegate type: `status`.
///
/// A list has one bit for each index. Index i is bit `1 << (255 - (i & 255))` of word `i >> 8`, so the words
/// one after the other are the uncompressed bitstring of a W3C Bitstring Status List.
interface IStatusListRegistry is IAuthorization {
    enum Purpose {
        Revocation,
        Suspension
    }

    /// @notice A list to be opened.
    struct ListCreation {
        /// Address of the issuer's DID (the identity, not its present owner).
        address issuer;
        Purpose purpose;
        /// Chosen by the caller; unused so far for this issuer and purpose.
        uint32 number;
        /// Number of entries: a multiple of 256, 131,072 to 16,776,960.
        uint32 capacity;
        /// Where the list is published, at most 2,048 bytes; may be empty.
        string url;
    }

    /// @notice Registration of `count` credentials in one list.
    struct RegistrationOp {
        bytes32 listId;
        /// Must equal the list's counter `registered`.
        uint32 expectedRegistered;
        /// How many credentials, at least 1.
        uint32 count;
        /// Merkle root over them, see `registerEntries`.
        bytes32 root;
    }

    /// @notice Change of status of entries of one list.
    struct StatusOp {
        bytes32 listId;
        /// Must equal the list's `version`.
        uint32 expectedVersion;
        /// Packed big-endian uint32, strictly increasing, at least one, each below the capacity.
        bytes indices;
        /// The bit that these entries have from now on: true is revoked or suspended.
        bool value;
    }

    /// @notice State of one list; all zero for an unknown id.
    struct StatusList {
        address issuer;
        Purpose purpose;
        uint32 number;
        uint32 capacity;
        /// How many credentials were registered.
        uint32 registered;
        /// How many times `setStatus` changed the list.
        uint32 version;
        /// How many times the list was published after its creation.
        uint32 publications;
        /// Time of creation, seconds since 1970.
        uint48 created;
        /// Block that holds the ListCreated event: no event of this list is older.
        uint48 createdBlock;
        /// Block that holds the newest ListPublished event, or `createdBlock`.
        uint48 publishedBlock;
        /// Head of the digest chain: listId at first, see StatusChanged.
        bytes32 digest;
    }

    /// @notice A list was opened.
    /// @param listId Its id.
    /// @param issuer Address of its issuer's DID.
    /// @param purpose Revocation or suspension.
    /// @param number Its number among the lists of this issuer and purpose.
    /// @param capacity Number of its entries.
    /// @param url Where it is published; may be empty.
    event ListCreated(
        bytes32 indexed listId,
        address indexed issuer,
        Purpose purpose,
        uint32 number,
        uint32 capacity,
        string url
    );

    /// @notice A list was published.
    /// @param listId Its id.
    /// @param digest SHA-256 of what was published.
    /// @param url Where it stands.
    event ListPublished(bytes32 indexed listId, bytes32 digest, string url);

    /// @notice Credentials were registered.
    /// @param listId The list's id.
    /// @param first Value of the counter before: the first of these credentials is the first-th of the list.
    /// @param count How many.
    /// @param root Merkle root over them, see `registerEntries`.
    event EntriesRegistered(bytes32 indexed listId, uint32 first, uint32 count, bytes32 root);

    /// @notice Entries of a list changed their status.
    /// @param listId The list's id.
    /// @param version The new version, one above the former.
    /// @param value The bit that these entries have from now on: true is revoked or suspended.
    /// @param indices Packed big-endian uint32, strictly increasing.
    /// @param digest keccak256(abi.encode(former digest, version, value, keccak256(indices))).
    event StatusChanged(bytes32 indexed listId, uint32 version, bool value, bytes indices, bytes32 digest);

    /// @notice There is no list with this id.
    /// @param listId The id.
    error UnknownList(bytes32 listId);

    /// @notice The issuer has a list of this purpose and number.
    /// @param listId Its id.
    error ListExists(bytes32 listId);

    /// @notice The capacity is no multiple of 256, below 131,072 or above 16,776,960.
    /// @param capacity The capacity.
    error InvalidCapacity(uint32 capacity);

    /// @notice The URL is longer than 2,048 bytes.
    /// @param length Its length in bytes.
    error UrlTooLong(uint256 length);

    /// @notice Another registration came first, or this one was made already.
    /// @param expected What the caller expected.
    /// @param actual The list's counter.
    error UnexpectedRegistered(uint32 expected, uint32 actual);

    /// @notice Another change of status came first, or this one was made already.
    /// @param expected What the caller expected.
    /// @param actual The list's version.
    error UnexpectedVersion(uint32 expected, uint32 actual);

    /// @notice Another publication came first, or this one was made already.
    /// @param expected What the signer expected.
    /// @param actual The list's number of publications.
    error UnexpectedPublications(uint32 expected, uint32 actual);

    /// @notice A registration of no credential.
    /// @param listId The list's id.
    error EmptyRegistration(bytes32 listId);

    /// @notice More credentials than the list has entries left.
    /// @param capacity Number of its entries.
    /// @param registered What its counter would become.
    error CapacityExceeded(uint32 capacity, uint256 registered);

    /// @notice `indices` is empty or its length no multiple of 4.
    /// @param length Its length in bytes.
    error InvalidIndicesLength(uint256 length);

    /// @notice An index does not come after the index before it.
    /// @param previous The index before it.
    /// @param index The index.
    error IndicesNotIncreasing(uint32 previous, uint32 index);

    /// @notice The list has no such index.
    /// @param index The index.
    /// @param capacity Number of its entries.
    error IndexOutOfRange(uint256 index, uint32 capacity);

    /// @notice The list does not have all of these words.
    /// @param from The first word.
    /// @param count How many.
    /// @param wordCount Number of words of the list.
    error WordsOutOfRange(uint256 from, uint256 count, uint256 wordCount);

    /// @notice A revoked credential stays revoked.
    /// @param listId Id of the revocation list.
    error RevocationIsFinal(bytes32 listId);

    /// @notice Opens one list.
    /// @param issuer Address of the issuer's DID, by which msg.sender must be authorised for `status`.
    /// @param purpose Revocation or suspension.
    /// @param number Unused so far for this issuer and purpose.
    /// @param capacity Number of entries: a multiple of 256, 131,072 to 16,776,960.
    /// @param url Where the list is published, at most 2,048 bytes; may be empty.
    /// @return listId `listIdOf(issuer, purpose, number)`.
    function createList(
        address issuer,
        Purpose purpose,
        uint32 number,
        uint32 capacity,
        string calldata url
    ) external returns (bytes32 listId);

    /// @notice Opens several lists, all or none: a revocation list together with its suspension list.
    /// @param creations The lists; msg.sender must be authorised by their issuers for `status`.
    /// @return listIds Their ids, in the same order.
    function createLists(ListCreation[] calldata creations) external returns (bytes32[] memory listIds);

    /// @notice `createList` by EIP-712 signature, sent by anyone. Type:
    /// `CreateList(address issuer,uint8 purpose,uint32 number,uint32 capacity,string url,uint256 deadline)`;
    /// a list can be created once, so it needs no nonce.
    /// @param creation The list.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `status` delegate of `creation.issuer`; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    /// @return listId `listIdOf(issuer, purpose, number)`.
    function createListSigned(
        ListCreation calldata creation,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 listId);

    /// @notice Says where the list is published and with what SHA-256.
    /// @dev Warning: the digest is the issuer's word; the words of this contract are the truth.
    /// @param listId The list; msg.sender must be authorised by its issuer for `status`.
    /// @param digest SHA-256 of what is published.
    /// @param url Where it stands, at most 2,048 bytes.
    function publish(bytes32 listId, bytes32 digest, string calldata url) external;

    /// @notice `publish` by EIP-712 signature, sent by anyone. Type:
    /// `Publish(bytes32 listId,uint32 expectedPublications,bytes32 digest,string url,uint256 deadline)`; the
    /// list's `publications` is the nonce.
    /// @param listId The list.
    /// @param expectedPublications Must equal the list's `publications`.
    /// @param digest SHA-256 of what is published.
    /// @param url Where it stands, at most 2,048 bytes.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `status` delegate of the list's issuer; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    function publishSigned(
        bytes32 listId,
        uint32 expectedPublications,
        bytes32 digest,
        string calldata url,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Registers `count` credentials in one list; gas does not grow with `count`.
    /// @dev Warning: the contract sees the root only; which indices it covers is the issuer's word, and an
    /// unregistered index can be revoked as well.
    /// @param listId The list; msg.sender must be authorised by its issuer for `status`.
    /// @param expectedRegistered Must equal the list's counter, so that a repeated or competing submission
    /// changes nothing.
    /// @param count How many credentials, at least 1.
    /// @param root Root of an OpenZeppelin Merkle tree (sorted pairs) over the leaves
    /// `keccak256(bytes.concat(keccak256(abi.encode(listId, uint256 index, digest))))`, digest = SHA-256 of the
    /// JCS bytes of a JSON credential or of the issuer-signed bytes of a token.
    function registerEntries(bytes32 listId, uint32 expectedRegistered, uint32 count, bytes32 root) external;

    /// @notice `registerEntries` for several lists, all or none.
    /// @param ops The registrations, in their order; a list may occur more than once.
    function registerBatch(RegistrationOp[] calldata ops) external;

    /// @notice `registerEntries` by EIP-712 signature, sent by anyone. Type:
    /// `RegisterEntries(bytes32 listId,uint32 expectedRegistered,uint32 count,bytes32 root,uint256 deadline)`;
    /// the list's `registered` is the nonce.
    /// @param op The registration.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `status` delegate of the list's issuer; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    function registerEntriesSigned(
        RegistrationOp calldata op,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Sets the bit of each of the entries to `value`; an entry that has it already keeps it. On a
    /// revocation list only `true` is accepted.
    /// @dev Warning: an index need not have been registered.
    /// @param listId The list; msg.sender must be authorised by its issuer for `status`.
    /// @param expectedVersion Must equal the list's version, so that two writers cannot overwrite each other.
    /// @param indices Packed big-endian uint32, strictly increasing.
    /// @param value true is revoked or suspended.
    function setStatus(bytes32 listId, uint32 expectedVersion, bytes calldata indices, bool value) external;

    /// @notice `setStatus` for several lists, all or none.
    /// @param ops The changes, in their order; a list may occur more than once.
    function setStatusBatch(StatusOp[] calldata ops) external;

    /// @notice `setStatus` by EIP-712 signature, sent by anyone. Type:
    /// `SetStatus(bytes32 listId,uint32 expectedVersion,bytes indices,bool value,uint256 deadline)`; the list's
    /// `version` is the nonce.
    /// @param op The change.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `status` delegate of the list's issuer; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    function setStatusSigned(
        StatusOp calldata op,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice State of one list; all zero for an unknown id.
    /// @param listId The list's id.
    /// @return Its state.
    function list(bytes32 listId) external view returns (StatusList memory);

    /// @notice Whether the entry is revoked (or suspended: see the list's purpose).
    /// @dev Warning: false for an entry that was never registered, too.
    /// @param listId The list's id.
    /// @param index The entry, below the capacity.
    /// @return Its bit.
    function statusOf(bytes32 listId, uint256 index) external view returns (bool);

    /// @notice Words of a list; it has `capacity / 256`.
    /// @dev Warning: a read costs about 2,300 gas for each word, so ask for a large list in pages.
    /// @param listId The list's id.
    /// @param from The first word.
    /// @param count How many.
    /// @return They, in order.
    function words(bytes32 listId, uint256 from, uint256 count) external view returns (bytes32[] memory);

    /// @notice Id of the list with this name, opened or not.
    /// @param issuer Address of the issuer's DID.
    /// @param purpose Revocation or suspension.
    /// @param number Its number among the lists of this issuer and purpose.
    /// @return keccak256(abi.encode(issuer, purpose, number)).
    function listIdOf(address issuer, Purpose purpose, uint32 number) external pure returns (bytes32);
}

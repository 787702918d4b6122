// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAuthorization} from "./interfaces/IAuthorization.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IStatusListRegistry} from "./interfaces/IStatusListRegistry.sol";
import {Authorization} from "./libraries/Authorization.sol";
import {Bitstring} from "./libraries/Bitstring.sol";

/// @title StatusListRegistry
/// @notice Status lists of issuer DIDs, described in IStatusListRegistry.
contract StatusListRegistry is IStatusListRegistry, EIP712 {
    using Authorization for IDidRegistry;
    using Bitstring for mapping(uint256 wordIndex => bytes32 word);

    /*//////////////////////////////////////////////////////////////
                              TYPES
    //////////////////////////////////////////////////////////////*/

    /// @dev What every write reads, one slot. The capacity is kept in words of 256 bits.
    struct Counters {
        address issuer;
        Purpose purpose;
        uint16 wordCount;
        uint24 registered;
        uint32 version;
    }

    struct StoredList {
        Counters counters;
        bytes32 digest;
        uint32 number;
        uint32 publications;
        uint48 created;
        uint48 createdBlock;
        uint48 publishedBlock;
    }

    bytes32 private constant DELEGATE_TYPE = "status";
    /// @dev The smallest bitstring that the W3C recommendation allows, 16 KiB.
    uint256 private constant MIN_CAPACITY = 131_072;
    uint256 private constant MAX_CAPACITY = 2 ** 24 - 256;
    uint256 private constant MAX_URL_LENGTH = 2_048;

    bytes32 private constant CREATE_LIST_TYPEHASH = keccak256(
        "CreateList(address issuer,uint8 purpose,uint32 number,uint32 capacity,string url,uint256 deadline)"
    );
    bytes32 private constant PUBLISH_TYPEHASH = keccak256(
        "Publish(bytes32 listId,uint32 expectedPublications,bytes32 digest,string url,uint256 deadline)"
    );
    bytes32 private constant REGISTER_ENTRIES_TYPEHASH = keccak256(
        "RegisterEntries(bytes32 listId,uint32 expectedRegistered,uint32 count,bytes32 root,uint256 deadline)"
    );
    bytes32 private constant SET_STATUS_TYPEHASH =
        keccak256("SetStatus(bytes32 listId,uint32 expectedVersion,bytes indices,bool value,uint256 deadline)");

    /*//////////////////////////////////////////////////////////////
                              STATE
    //////////////////////////////////////////////////////////////*/

    IDidRegistry private immutable _didRegistry;
    mapping(bytes32 listId => StoredList list) private _lists;
    mapping(bytes32 listId => mapping(uint256 wordIndex => bytes32 word)) private _words;

    constructor(IDidRegistry didRegistry_) EIP712("StatusListRegistry", "1") {
        _didRegistry = didRegistry_;
    }

    /*//////////////////////////////////////////////////////////////
                              WRITES
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IStatusListRegistry
    function createList(
        address issuer,
        Purpose purpose,
        uint32 number,
        uint32 capacity,
        string calldata url
    ) external returns (bytes32 listId) {
        return _createList(issuer, purpose, number, capacity, url, msg.sender);
    }

    /// @inheritdoc IStatusListRegistry
    function createLists(ListCreation[] calldata creations) external returns (bytes32[] memory listIds) {
        listIds = new bytes32[](creations.length);
        for (uint256 i; i < creations.length; ++i) {
            ListCreation calldata c = creations[i];
            listIds[i] = _createList(c.issuer, c.purpose, c.number, c.capacity, c.url, msg.sender);
        }
    }

    /// @inheritdoc IStatusListRegistry
    function createListSigned(
        ListCreation calldata c,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 listId) {
        bytes32 urlHash = keccak256(bytes(c.url));
        _requireSignature(
            keccak256(
                abi.encode(CREATE_LIST_TYPEHASH, c.issuer, c.purpose, c.number, c.capacity, urlHash, deadline)
            ),
            deadline,
            signer,
            signature
        );
        return _createList(c.issuer, c.purpose, c.number, c.capacity, c.url, signer);
    }

    /// @inheritdoc IStatusListRegistry
    function publish(bytes32 listId, bytes32 digest, string calldata url) external {
        _publish(listId, _lists[listId].publications, digest, url, msg.sender);
    }

    /// @inheritdoc IStatusListRegistry
    function publishSigned(
        bytes32 listId,
        uint32 expectedPublications,
        bytes32 digest,
        string calldata url,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external {
        bytes32 urlHash = keccak256(bytes(url));
        _requireSignature(
            keccak256(abi.encode(PUBLISH_TYPEHASH, listId, expectedPublications, digest, urlHash, deadline)),
            deadline,
            signer,
            signature
        );
        _publish(listId, expectedPublications, digest, url, signer);
    }

    /// @inheritdoc IStatusListRegistry
    function registerEntries(bytes32 listId, uint32 expectedRegistered, uint32 count, bytes32 root) external {
        _registerEntries(listId, expectedRegistered, count, root, msg.sender, address(0));
    }

    /// @inheritdoc IStatusListRegistry
    function registerBatch(RegistrationOp[] calldata ops) external {
        address authorised;
        for (uint256 i; i < ops.length; ++i) {
            RegistrationOp calldata op = ops[i];
            authorised =
                _registerEntries(op.listId, op.expectedRegistered, op.count, op.root, msg.sender, authorised);
        }
    }

    /// @inheritdoc IStatusListRegistry
    function registerEntriesSigned(
        RegistrationOp calldata op,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external {
        _requireSignature(
            keccak256(
                abi.encode(
                    REGISTER_ENTRIES_TYPEHASH, op.listId, op.expectedRegistered, op.count, op.root, deadline
                )
            ),
            deadline,
            signer,
            signature
        );
        _registerEntries(op.listId, op.expectedRegistered, op.count, op.root, signer, address(0));
    }

    /// @inheritdoc IStatusListRegistry
    function setStatus(bytes32 listId, uint32 expectedVersion, bytes calldata indices, bool value) external {
        _setStatus(listId, expectedVersion, indices, value, msg.sender, address(0));
    }

    /// @inheritdoc IStatusListRegistry
    function setStatusBatch(StatusOp[] calldata ops) external {
        address authorised;
        for (uint256 i; i < ops.length; ++i) {
            StatusOp calldata op = ops[i];
            authorised = _setStatus(op.listId, op.expectedVersion, op.indices, op.value, msg.sender, authorised);
        }
    }

    /// @inheritdoc IStatusListRegistry
    function setStatusSigned(
        StatusOp calldata op,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external {
        bytes32 indicesHash = keccak256(op.indices);
        _requireSignature(
            keccak256(
                abi.encode(SET_STATUS_TYPEHASH, op.listId, op.expectedVersion, indicesHash, op.value, deadline)
            ),
            deadline,
            signer,
            signature
        );
        _setStatus(op.listId, op.expectedVersion, op.indices, op.value, signer, address(0));
    }

    /*//////////////////////////////////////////////////////////////
                              READS
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IAuthorization
    function didRegistry() external view returns (address) {
        return address(_didRegistry);
    }

    /// @inheritdoc IStatusListRegistry
    function list(bytes32 listId) external view returns (StatusList memory) {
        StoredList memory stored = _lists[listId];
        return StatusList({
            issuer: stored.counters.issuer,
            purpose: stored.counters.purpose,
            number: stored.number,
            capacity: uint32(stored.counters.wordCount) * 256,
            registered: stored.counters.registered,
            version: stored.counters.version,
            publications: stored.publications,
            created: stored.created,
            createdBlock: stored.createdBlock,
            publishedBlock: stored.publishedBlock,
            digest: stored.digest
        });
    }

    /// @inheritdoc IStatusListRegistry
    function statusOf(bytes32 listId, uint256 index) external view returns (bool) {
        uint32 capacity = _capacity(_requireList(listId));
        if (index >= capacity) revert IndexOutOfRange(index, capacity);
        return _words[listId].get(index);
    }

    /// @inheritdoc IStatusListRegistry
    function words(bytes32 listId, uint256 from, uint256 count) external view returns (bytes32[] memory result) {
        uint256 wordCount = _requireList(listId).wordCount;
        if (from > wordCount || count > wordCount - from) revert WordsOutOfRange(from, count, wordCount);

        result = new bytes32[](count);
        for (uint256 i; i < count; ++i) result[i] = _words[listId][from + i];
    }

    /// @inheritdoc IStatusListRegistry
    function listIdOf(address issuer, Purpose purpose, uint32 number) public pure returns (bytes32) {
        return keccak256(abi.encode(issuer, purpose, number));
    }

    /*//////////////////////////////////////////////////////////////
                            INTERNALS
    //////////////////////////////////////////////////////////////*/

    function _createList(
        address issuer,
        Purpose purpose,
        uint32 number,
        uint32 capacity,
        string calldata url,
        address actor
    ) private returns (bytes32 listId) {
        _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);
        if (capacity % 256 != 0 || capacity < MIN_CAPACITY || capacity > MAX_CAPACITY) {
            revert InvalidCapacity(capacity);
        }
        _requireUrl(url);
        listId = listIdOf(issuer, purpose, number);
        if (_lists[listId].counters.issuer != address(0)) revert ListExists(listId);

        _lists[listId] = StoredList({
            counters: Counters(issuer, purpose, uint16(capacity / 256), 0, 0),
            digest: listId,
            number: number,
            publications: 0,
            created: uint48(block.timestamp),
            createdBlock: uint48(block.number),
            publishedBlock: uint48(block.number)
        });
        emit ListCreated(listId, issuer, purpose, number, capacity, url);
    }

    function _publish(
        bytes32 listId,
        uint32 expectedPublications,
        bytes32 digest,
        string calldata url,
        address actor
    ) private {
        StoredList storage stored = _lists[listId];
        _requireAuthorized(listId, stored.counters, actor, address(0));
        _requireUrl(url);
        uint32 publications = stored.publications;
        if (expectedPublications != publications) revert UnexpectedPublications(expectedPublications, publications);

        stored.publications = publications + 1;
        stored.publishedBlock = uint48(block.number);
        emit ListPublished(listId, digest, url);
    }

    /// @dev Reads the counters' slot once. `authorised` is an issuer for which this call has asked the DidRegistry
    /// already, or 0x0; the answer is the list's issuer, for which it has now.
    function _registerEntries(
        bytes32 listId,
        uint32 expectedRegistered,
        uint32 count,
        bytes32 root,
        address actor,
        address authorised
    ) private returns (address issuer) {
        Counters storage counters = _lists[listId].counters;
        uint32 registered = counters.registered;
        uint32 capacity = _capacity(counters);
        issuer = _requireAuthorized(listId, counters, actor, authorised);
        if (expectedRegistered != registered) revert UnexpectedRegistered(expectedRegistered, registered);
        if (count == 0) revert EmptyRegistration(listId);
        uint256 next = uint256(registered) + count;
        if (next > capacity) revert CapacityExceeded(capacity, next);

        counters.registered = uint24(next);
        emit EntriesRegistered(listId, expectedRegistered, count, root);
    }

    /// @dev `authorised` and `issuer` as in `_registerEntries`.
    function _setStatus(
        bytes32 listId,
        uint32 expectedVersion,
        bytes calldata indices,
        bool value,
        address actor,
        address authorised
    ) private returns (address issuer) {
        StoredList storage stored = _lists[listId];
        Counters storage counters = stored.counters;
        uint32 version = counters.version;
        uint32 capacity = _capacity(counters);
        bool isFinal = counters.purpose == Purpose.Revocation;
        issuer = _requireAuthorized(listId, counters, actor, authorised);
        if (expectedVersion != version) revert UnexpectedVersion(expectedVersion, version);
        if (!value && isFinal) revert RevocationIsFinal(listId);

        _words[listId].set(indices, value, capacity);
        bytes32 digest = keccak256(abi.encode(stored.digest, ++version, value, keccak256(indices)));
        counters.version = version;
        stored.digest = digest;
        emit StatusChanged(listId, version, value, indices, digest);
    }

    function _requireAuthorized(
        bytes32 listId,
        Counters storage counters,
        address actor,
        address authorised
    ) private view returns (address issuer) {
        issuer = counters.issuer;
        if (issuer == address(0)) revert UnknownList(listId);
        if (issuer != authorised) _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);
    }

    function _requireSignature(
        bytes32 structHash,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) private view {
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
    }

    function _requireList(bytes32 listId) private view returns (Counters storage counters) {
        counters = _lists[listId].counters;
        if (counters.issuer == address(0)) revert UnknownList(listId);
    }

    function _capacity(Counters storage counters) private view returns (uint32) {
        return uint32(counters.wordCount) * 256;
    }

    function _requireUrl(string calldata url) private pure {
        if (bytes(url).length > MAX_URL_LENGTH) revert UrlTooLong(bytes(url).length);
    }
}

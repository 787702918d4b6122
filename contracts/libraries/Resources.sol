// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IResourceRegistry} from "../interfaces/IResourceRegistry.sol";

/// @title Resources
/// @notice Immutable resources: their head in two storage slots, and the rules for the parts of their names.
library Resources {
    /// @dev Two slots. `flags` holds ACTIVE and what the registry adds from bit 1 on.
    struct Head {
        address issuer;
        uint32 blockNumber;
        uint32 timestamp;
        uint24 length;
        uint8 flags;
        bytes32 digest;
    }

    uint8 internal constant ACTIVE = 1;

    /// @dev 120 KiB: with its arguments and a signature the transaction stays below the 128 KiB that nodes relay
    /// (go-ethereum `txMaxSize`), and at 40 gas for each non-zero byte (EIP-7623) it costs 5 million gas of the 8
    /// million that a transaction may use here. A credential definition of 125 attributes has about 80 KB.
    uint256 internal constant MAX_CONTENT_LENGTH = 122_880;

    /// @dev The longest name, version or tag of Indy ledgers.
    uint256 internal constant MAX_PART_LENGTH = 256;

    /// @dev Bit b stands for the character with code b: 0x20 to 0x7e without `#` (23) `%` (25) `/` (2f) `:` (3a)
    /// `?` (3f).
    uint256 private constant PART_CHARACTERS =
        ((1 << 0x7f) - (1 << 0x20)) & ~uint256((1 << 0x23) | (1 << 0x25) | (1 << 0x2f) | (1 << 0x3a) | (1 << 0x3f));

    /// @dev Stores the head of a new resource; reverts when the key is taken or the content has a wrong length.
    /// @return digest SHA-256 of the content.
    function create(
        mapping(bytes32 key => Head head) storage heads,
        bytes32 key,
        address issuer,
        bytes calldata content,
        uint8 flags
    ) internal returns (bytes32 digest) {
        if (content.length == 0 || content.length > MAX_CONTENT_LENGTH) {
            revert IResourceRegistry.InvalidContentLength(content.length, MAX_CONTENT_LENGTH);
        }
        if (heads[key].issuer != address(0)) revert IResourceRegistry.AlreadyRegistered(key);

        digest = sha256(content);
        heads[key] = Head({
            issuer: issuer,
            blockNumber: uint32(block.number),
            timestamp: uint32(block.timestamp),
            length: uint24(content.length),
            flags: flags | ACTIVE,
            digest: digest
        });
    }

    /// @dev The issuer of a resource that exists and is active; reverts otherwise.
    function requireActive(
        mapping(bytes32 key => Head head) storage heads,
        bytes32 key
    ) internal view returns (address issuer) {
        issuer = requireIssuer(heads, key);
        if (!has(heads[key].flags, ACTIVE)) revert IResourceRegistry.KeyDeactivated(key);
    }

    /// @dev The issuer of a resource that exists; reverts otherwise.
    function requireIssuer(
        mapping(bytes32 key => Head head) storage heads,
        bytes32 key
    ) internal view returns (address issuer) {
        issuer = heads[key].issuer;
        if (issuer == address(0)) revert IResourceRegistry.UnknownKey(key);
    }

    /// @dev Clears ACTIVE; nothing sets it again.
    function deactivate(mapping(bytes32 key => Head head) storage heads, bytes32 key) internal {
        heads[key].flags &= ~ACTIVE;
    }

    /// @dev Reverts unless `part` is exactly one segment of a DID URL path once percent-encoded.
    function requirePart(string calldata part) internal pure {
        bytes calldata characters = bytes(part);
        uint256 length = characters.length;
        if (length == 0 || length > MAX_PART_LENGTH) revert IResourceRegistry.InvalidPart(part);

        uint256 seen;
        for (uint256 i; i < length; ++i) seen |= 1 << uint8(characters[i]);
        bool dotSegment = length < 3 && seen == 1 << 0x2e;
        if (seen & ~PART_CHARACTERS != 0 || dotSegment) revert IResourceRegistry.InvalidPart(part);
    }

    function has(uint8 flags, uint8 flag) internal pure returns (bool) {
        return flags & flag != 0;
    }
}
